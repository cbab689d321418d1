"""The provider is left alone while it is away, and few calls are tried again."""

from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.breaker import Breaker


def failing(breaker: Breaker, times: int, now: float = 0.0) -> Breaker:
    for _ in range(times):
        breaker.sent()
        breaker.failed(now)
    return breaker


def test_three_failures_in_a_row_open_it_and_an_answer_closes_it() -> None:
    assert not failing(Breaker(), 2).open
    breaker = failing(Breaker(), 3)
    assert breaker.open
    assert 0.5 <= breaker.rest(0.0) <= 1.0
    assert breaker.rest(1.0) == 0.0, "a probe is due"
    breaker.sent()
    assert breaker.rest(1.0) > 0, "one at a time"
    breaker.answered()
    assert (breaker.open, breaker.rest(1.0)) == (False, 0.0)


def test_calls_that_were_in_flight_when_it_opened_are_no_probes() -> None:
    breaker = failing(Breaker(), 3)
    for _ in range(22):
        breaker.failed(0.0)
    assert breaker.rest(0.0) <= 1.0


def test_a_probe_whose_key_was_refused_is_followed_by_another() -> None:
    breaker = failing(Breaker(), 3)
    breaker.sent()
    breaker.undecided()
    assert breaker.open
    assert breaker.rest(1.0) == 0.0


@given(st.floats(0, 3600))
def test_an_outage_takes_few_probes_and_its_end_is_noticed_within_a_minute(outage: float) -> None:
    breaker, now, probes = failing(Breaker(), 3), 0.0, 0
    while True:
        now += breaker.rest(now)
        breaker.sent()
        if now > outage:
            break
        breaker.failed(now)
        probes += 1
    assert now - outage <= 60
    assert probes <= 7 + outage / 30


@given(st.lists(st.booleans(), max_size=2_000))
def test_what_fails_while_it_is_closed_stays_below_a_tenth_of_what_is_answered(calls: list[bool]) -> None:
    """Each failure is one try more, for the budget of ten and a tenth of the answers."""
    breaker, now, answered, failed = Breaker(), 0.0, 0, 0
    for fine in calls:
        now += breaker.rest(now)
        probe = breaker.open
        breaker.sent()
        if fine:
            breaker.answered()
            answered += 1
        else:
            breaker.failed(now)
            failed += not probe
            assert breaker.open or failed <= 10 + answered / 10
