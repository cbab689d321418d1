"""How long an image is tried again: outages are outlived, what may cost or kill is not repeated for long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.providers import Refusal
from services.analyzer.trouble import AWAY_SECONDS, Trouble


def after(*refusals: tuple[Refusal, float]) -> Trouble:
    trouble = Trouble()
    for refusal, now in refusals:
        trouble = trouble.after(refusal, now)
    return trouble


@given(st.floats(0, 1e9), st.lists(st.floats(0, AWAY_SECONDS - 1), max_size=50))
def test_an_outage_of_less_than_a_minute_fails_no_row(began: float, moments: list[float]) -> None:
    assert not after(*((Refusal.UNAVAILABLE, began + moment) for moment in sorted(moments))).hopeless


@given(st.lists(st.floats(0.01, 10), min_size=12, max_size=40))
def test_an_outage_without_end_is_given_up(waits: list[float]) -> None:
    trouble, now = Trouble(), 0.0
    for wait in waits:
        trouble = trouble.after(Refusal.UNAVAILABLE, now)
        assert trouble.hopeless == (now >= AWAY_SECONDS and trouble.away >= 3)
        now += wait


def test_two_short_outages_with_an_hour_between_them_are_no_long_one() -> None:
    assert not after((Refusal.UNAVAILABLE, 0.0), (Refusal.UNAVAILABLE, 3600.0)).hopeless


@pytest.mark.parametrize("refusal", [Refusal.TIMEOUT, Refusal.CRASHED])
def test_what_may_cost_or_kill_is_tried_three_times_however_often_the_provider_was_away(
    refusal: Refusal,
) -> None:
    away = [(Refusal.UNAVAILABLE, float(n)) for n in range(9)]
    assert not after(*away, *[(refusal, 1.0)] * 2).hopeless
    assert after(*away, *[(refusal, 1.0)] * 3).hopeless
    assert after(*[(refusal, 1.0)] * 3).deadly == (refusal is Refusal.CRASHED)


@pytest.mark.parametrize("refusal", [Refusal.QUOTA, Refusal.KEY, Refusal.REQUEST])
def test_what_is_not_the_image_s_fault_is_not_counted(refusal: Refusal) -> None:
    assert after((refusal, 1.0)) == Trouble()


def test_waits_double_up_to_eight_seconds() -> None:
    waits = [after(*[(Refusal.UNAVAILABLE, 0.0)] * n).longest_backoff for n in range(1, 8)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
    assert Trouble(away=10**6).longest_backoff == 8.0
