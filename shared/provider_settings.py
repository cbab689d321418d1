"""Which provider looks at the pictures, and with which keys: analyzers act by it, the gateway tells of it."""

from shared.cache_keys import GEMINI_MODEL, VERSIONS, check_model, space_of
from shared.keys_text import all_keys, groups_and_secrets
from shared.price import Price, PricedSettings


class ProviderSettings(PricedSettings, frozen=True, kw_only=True):
    provider: str = ""
    requests_per_minute: int = 55
    vision_api_keys: str = ""
    vision_api_keys_file: str = ""
    gemini_api_keys: str = ""
    gemini_model: str = GEMINI_MODEL

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.provider not in ("", *VERSIONS):
            raise ValueError(f"PROVIDER is {', '.join(VERSIONS)}")
        check_model(self.gemini_model)

    @property
    def named_keys(self) -> list[tuple[str, str]]:
        """The provider's, as (group, secret). Raises ValueError when their file can't be read."""
        if self.provider == "gemini":
            return groups_and_secrets(self.gemini_api_keys)
        return all_keys(self.vision_api_keys, self.vision_api_keys_file)

    @property
    def provider_name(self) -> str:
        """Unset: google if there are keys of it, else local."""
        return self.provider or ("google" if self.named_keys else "local")

    @property
    def cache_space(self) -> str:
        return space_of(self.provider_name, self.gemini_model)

    @property
    def price(self) -> Price:
        return self.price_of(self.provider_name)

    @property
    def secrets(self) -> list[str]:
        """Without those of the file."""
        keys = (*groups_and_secrets(self.vision_api_keys), *groups_and_secrets(self.gemini_api_keys))
        return [*super().secrets, *(secret for _, secret in keys)]
