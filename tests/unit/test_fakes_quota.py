"""The sliding window never lets more than its limit through in any window, and never fewer than it may."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.vision.quota import Quotas, SlidingWindow

WINDOW = 60.0


@given(st.lists(st.tuples(st.floats(0, 40), st.integers(1, 5)), max_size=60), st.integers(1, 9))
def test_no_window_holds_more_than_the_limit_and_no_call_is_refused_in_vain(
    steps: list[tuple[float, int]], limit: int
) -> None:
    window, now, taken = SlidingWindow(), 0.0, list[tuple[float, int]]()
    for pause, units in steps:
        now += pause
        held = sum(count for at, count in taken if at > now - WINDOW)
        wait = window.wait_for(units, limit, WINDOW, now)
        assert (wait == 0) == (held + units <= limit)
        if not wait:
            window.take(units, now)
            taken.append((now, units))


@given(st.lists(st.floats(0.1, 30), min_size=1, max_size=30), st.integers(1, 5))
def test_who_waits_as_told_is_let_through(pauses: list[float], limit: int) -> None:
    window, now = SlidingWindow(), 0.0
    for pause in pauses:
        now += pause
        now += window.wait_for(1, limit, WINDOW, now) * (1 + 1e-9)
        assert window.wait_for(1, limit, WINDOW, now) == 0
        window.take(1, now)


def test_a_refused_call_takes_quota_only_where_that_is_asked_for() -> None:
    for count_refused, third in ((False, 0.0), (True, 50.0)):
        quotas = Quotas()

        def call(now: float, quotas: Quotas = quotas, count_refused: bool = count_refused) -> float:
            return quotas.take(
                "p", 1, calls_limit=1, images_limit=None, window=WINDOW, count_refused=count_refused, now=now
            )

        assert call(0.0) == 0.0
        assert call(50.0) == 10.0
        assert call(60.0) == third
