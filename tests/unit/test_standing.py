"""How a host is treated after what it did: politeness, the breaker, and how both end. In simulated time."""

from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.fetch_failure import FetchFailure, of_status
from services.analyzer.standing import PATIENCE_SECONDS, HostState, Standing
from shared.error_classes import ErrorClass

MOST = 50
TIMEOUT = FetchFailure(ErrorClass.TIMEOUT, "Too slow.")
BROKEN = of_status(500, "")
BUSY = of_status(429, "20")
GONE = of_status(404, "")


def after(*failures: FetchFailure, seconds: float = 0.1) -> Standing:
    standing = Standing()
    for failure in failures:
        standing = standing.after(failure, 100.0 - seconds, 100.0, MOST)
    return standing


def test_a_host_that_does_well_gets_more_at_a_time_and_is_fast() -> None:
    standing = Standing()
    for _ in range(100):
        standing = standing.after_life(0.1, MOST)
    assert (standing.places(), standing.fast) == (MOST, True)
    assert standing.after_life(0.1, MOST) is standing
    assert not standing.after_life(3.0, MOST).fast


def test_what_is_told_of_a_host() -> None:
    assert Standing().state(100.0) is None
    assert Standing().after_life(0.1, MOST).state(100.0) is HostState.FAST
    assert Standing().after_life(3.0, MOST).state(100.0) is HostState.SLOW
    assert after(TIMEOUT).state(100.0) is HostState.SLOW
    assert [after(BUSY).state(now) for now in (101.0, 120.0)] == [HostState.LEFT_ALONE, HostState.SLOW]
    assert after(*[TIMEOUT] * 5).state(1_000.0) is HostState.LEFT_ALONE, "until a probe succeeds"


def test_retry_after_is_a_rest_and_halves_what_goes_at_a_time() -> None:
    standing = after(BUSY)
    assert (standing.shut, standing.places(), standing.tripped) == (120.0, 4, 0.0)
    assert standing.refusal(101.0, probing=False) is None, "its rows wait"
    assert standing.after_life(0.1, MOST).at_once < 4.5, "and it is trusted again slowly"


def test_who_asks_for_more_patience_than_there_is_gets_no_request() -> None:
    standing = after(of_status(503, "3600"))
    why = standing.refusal(101.0, probing=False)
    assert why is not None
    assert (why.error_class, why.again) == (ErrorClass.HTTP_5XX, False)
    assert standing.refusal(100.0 + 60 - PATIENCE_SECONDS + 1, probing=False) is None


def test_five_timeouts_or_twenty_broken_answers_in_a_row_open_the_breaker() -> None:
    assert not after(*[TIMEOUT] * 4).tripped
    assert after(*[TIMEOUT] * 5).tripped
    assert not after(*[BROKEN] * 19).tripped
    assert after(*[BROKEN] * 20).tripped
    assert not after(*[TIMEOUT] * 4, GONE, *[TIMEOUT] * 4).tripped, "a 404 is a sign of life"


def test_the_first_time_its_rows_wait_for_a_probe_and_go_on_when_it_succeeds() -> None:
    standing = after(*[TIMEOUT] * 5)
    assert standing.places() == 1
    assert standing.refusal(standing.shut - 1, probing=False) is None
    assert standing.refusal(standing.shut + 1, probing=True) is None
    closed = standing.after_life(0.1, MOST)
    assert (closed.tripped, closed.trouble, closed.places()) == (0.0, 0, 2)


def test_a_host_that_cost_seconds_each_time_is_not_waited_for_at_all() -> None:
    standing = after(*[TIMEOUT] * 5, seconds=15.0)
    assert standing.refusal(100.1, probing=False) is not None
    assert standing.refusal(standing.shut, probing=False) is None


def test_after_a_failed_probe_its_rows_fail_at_once_until_the_next() -> None:
    standing, now = after(*[TIMEOUT] * 5), 100.0
    pauses = []
    for _ in range(8):
        began = standing.shut
        now = began + 15.0
        standing = standing.after(TIMEOUT, began, now, MOST)
        pauses.append(standing.shut - now)
        why = standing.refusal(now + 0.1, probing=False)
        assert why is not None
        assert why.error_class is ErrorClass.TIMEOUT
        assert why.message.endswith("Too slow.")
        assert standing.refusal(standing.shut + 1, probing=True) is not None
        assert standing.refusal(standing.shut + 1, probing=False) is None, "the next is a probe"
    assert pauses[:4] == [4.0, 8.0, 16.0, 30.0]
    assert pauses[-1] == 30.0


def test_what_was_sent_before_the_breaker_opened_is_no_probe() -> None:
    standing = after(*[TIMEOUT] * 5)
    assert standing.after(TIMEOUT, 99.0, 101.0, MOST).failed_probes == 0


@given(
    st.lists(
        st.tuples(st.sampled_from([None, TIMEOUT, BROKEN, BUSY, GONE]), st.floats(0, 20), st.floats(0, 20))
    )
)
def test_no_history_leaves_a_host_shut_for_good(
    history: list[tuple[FetchFailure | None, float, float]],
) -> None:
    standing, now = Standing(), 1.0
    for failure, seconds, pause in history:
        began, now = now + pause, now + pause + seconds
        if failure is None:
            standing = standing.after_life(seconds, MOST)
        else:
            standing = standing.after(failure, began, now, MOST)
        assert 1 <= standing.places() <= MOST
        assert standing.shut <= now + 60
        assert standing.refusal(standing.shut, probing=False) is None
