"""Money is counted in whole micro-dollars, so that sums of any number of rows are exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.providers import google
from services.analyzer.settings import AnalyzerSettings
from services.gateway.estimate import cost
from shared.price import MOST_MICROS, Price, dollars
from shared.settings import SettingsError, read

NEEDED = {
    "DATABASE_URL": "postgresql://db/x",
    "REDIS_URL": "redis://r/0",
    "KAFKA_BOOTSTRAP_SERVERS": "k:9092",
}
TOKENS = st.integers(0, 10**6)
PRICES = st.floats(0, 1_000_000)


def price_of(provider: str, **env: str) -> Price:
    return read(AnalyzerSettings, {**NEEDED, **env}).price_of(provider)


@given(st.integers(0, 10**9), st.integers(0, 10**7))
def test_what_is_paid_is_what_a_dry_run_said(image: int, images: int) -> None:
    price = Price(image)
    assert round(dollars(price.of(1) * images), 2) == cost(images, price)["amount"]


@given(PRICES, PRICES, PRICES, TOKENS, TOKENS)
def test_a_cost_fits_its_column_and_grows_with_the_tokens(
    image: float, token_in: float, token_out: float, tokens_in: int, tokens_out: int
) -> None:
    price = Price(image, token_in, token_out)
    assert 0 <= price.of(0) <= price.of(1) <= price.of(1, tokens_in) <= price.of(1, tokens_in, tokens_out)
    assert price.of(1, tokens_in, tokens_out) <= MOST_MICROS


def test_each_provider_has_its_way_of_charging() -> None:
    assert price_of("google").of(1, 500, 500) == 9_500
    assert price_of("google", PRICE_PER_1000_IMAGES="1.5").estimate == 1_500
    assert price_of("local").of(1, 500, 500) == price_of("local").estimate == 0
    gemini = price_of("gemini", PRICE_PER_MILLION_TOKENS_IN="0.3", PRICE_PER_MILLION_TOKENS_OUT="2.5")
    assert (gemini.of(0, 1_000, 200), gemini.of(1, 1_000, 200)) == (800, 800)
    assert gemini.estimate > 0


def test_units_are_what_the_provider_counts_for_its_bill() -> None:
    charged = len(google._FEATURES) - 1  # safe search is free beside labels
    assert price_of("google").units(3) == 3 * charged
    assert price_of("gemini").units(1, 1_000, 200) == 1_200
    assert price_of("local").units(1) == 0


@pytest.mark.parametrize("value", ["-0.1", "1000001", "nan", "inf", "cheap"])
@pytest.mark.parametrize("name", ["PRICE_PER_1000_IMAGES", "PRICE_PER_MILLION_TOKENS_OUT"])
def test_what_is_no_price_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        price_of("google", **{name: value})
