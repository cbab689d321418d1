"""How long an image is tried again: outages are outlived, what may cost or kill is not repeated for long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.providers import Refusal
from services.analyzer.trouble import Trouble


def after(*refusals: Refusal, outage: bool = False) -> Trouble:
    trouble = Trouble()
    for refusal in refusals:
        trouble = trouble.after(refusal, outage=outage)
    return trouble


@given(st.integers(0, 500), st.integers(0, 2))
def test_an_outage_fails_no_row_however_long(outage: int, failures: int) -> None:
    trouble = after(*[Refusal.UNAVAILABLE] * outage, outage=True)
    for _ in range(failures):
        trouble = trouble.after(Refusal.UNAVAILABLE, outage=False)
    assert not trouble.hopeless
    assert trouble.tries == outage + failures


def test_what_fails_while_others_are_answered_is_tried_three_times() -> None:
    assert [after(*[Refusal.UNAVAILABLE] * n).hopeless for n in (1, 2, 3)] == [False, False, True]


@pytest.mark.parametrize("refusal", [Refusal.TIMEOUT, Refusal.UNREADABLE, Refusal.CRASHED])
@pytest.mark.parametrize("outage", [True, False])
def test_what_may_cost_or_kill_is_tried_three_times(refusal: Refusal, outage: bool) -> None:
    assert not after(*[refusal] * 2, outage=outage).hopeless
    assert after(*[refusal] * 3, outage=outage).hopeless
    assert after(*[refusal] * 3).deadly == (refusal is Refusal.CRASHED)


@pytest.mark.parametrize("refusal", [Refusal.QUOTA, Refusal.KEY, Refusal.REQUEST])
def test_what_is_not_the_image_s_fault_is_not_counted(refusal: Refusal) -> None:
    assert after(refusal) == Trouble()


def test_waits_double_up_to_eight_seconds() -> None:
    waits = [after(*[Refusal.UNAVAILABLE] * n).longest_backoff for n in range(1, 8)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0]
    assert Trouble(outages=10**6).longest_backoff == 8.0
