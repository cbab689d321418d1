"""What pictures cost (pure). Money is counted in whole micro-dollars: 1,000,000 are one US dollar."""

from typing import NamedTuple

from shared.settings import CommonSettings

MICROS = 1_000_000
# What a column of Postgres takes: 2,147 US dollars for one picture.
MOST_MICROS = 2**31 - 1
# No setting is larger: beyond that nothing fits.
_MOST = 1_000_000
# Tokens of a usual picture with what is asked of it, and of a long answer.
_USUAL_IN = 2_000
_USUAL_OUT = 1_000


# Features that Google asks money for (docs/cost.md).
_FEATURES = 5


class Price(NamedTuple):
    """In micro-dollars: of an image, and of a token, which is as many dollars for a million of them.
    `features` is how many of an image are charged for."""

    image: float = 0.0
    token_in: float = 0.0
    token_out: float = 0.0
    features: int = 0

    def of(self, images: int, tokens_in: int = 0, tokens_out: int = 0) -> int:
        cost = self.image * images + self.token_in * tokens_in + self.token_out * tokens_out
        return min(round(cost), MOST_MICROS)

    def units(self, images: int, tokens_in: int = 0, tokens_out: int = 0) -> int:
        """What the provider counts for its bill: features of images, or tokens."""
        return self.features * images + tokens_in + tokens_out

    @property
    def estimate(self) -> int:
        """Of an image that is not analysed yet."""
        return self.of(1, _USUAL_IN, _USUAL_OUT)


class PricedSettings(CommonSettings, frozen=True, kw_only=True):
    """In US dollars (docs/cost.md)."""

    price_per_1000_images: float = 9.5
    price_per_million_tokens_in: float = 0.3
    price_per_million_tokens_out: float = 2.5

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in PricedSettings.__struct_fields__:
            if name.startswith("price_") and not 0 <= getattr(self, name) <= _MOST:
                raise ValueError(f"{name.upper()} is a number from 0 to {_MOST}")

    def price_of(self, provider: str) -> Price:
        """What runs on this machine costs nothing."""
        match provider:
            case "local":
                return Price()
            case "gemini":
                return Price(0.0, self.price_per_million_tokens_in, self.price_per_million_tokens_out)
        return Price(self.price_per_1000_images * MICROS / 1_000, features=_FEATURES)


def dollars(micros: int) -> float:
    return micros / MICROS
