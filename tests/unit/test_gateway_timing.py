"""Rates, estimates, polling intervals."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.status import Status
from services.gateway.timing import estimated_completion, percent, polling_interval, rate_per_minute

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_percentage_says_100_of_the_whole_only(part: int, whole: int) -> None:
    part = min(part, whole)
    assert 0 <= percent(part, whole) <= 100
    assert (percent(part, whole) == 100) == (part == whole)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_percentage_never_falls_when_the_part_grows(first: int, second: int) -> None:
    low, high = sorted((first, second))
    assert percent(low, 10**9) <= percent(high, 10**9)


def test_nothing_is_a_number_before_the_first_row() -> None:
    assert percent(0, 0) == 0.0
    assert rate_per_minute(0, 0) == 0.0
    assert rate_per_minute(0, 60) == 0.0
    assert rate_per_minute(30, 60) == 30.0


def test_an_estimate_needs_a_running_batch_and_a_rate() -> None:
    assert estimated_completion(NOW, Status.PROCESSING, 100, 50) == NOW + timedelta(minutes=2)
    assert estimated_completion(NOW, Status.PAUSED, 100, 50) is None
    assert estimated_completion(NOW, Status.PROCESSING, 100, 0) is None
    assert estimated_completion(NOW, Status.PROCESSING, 0, 50) is None
    assert estimated_completion(NOW, Status.PROCESSING, 10**12, 1e-9) is None


@pytest.mark.parametrize(
    ("status", "minutes", "seconds"),
    [
        (Status.PROCESSING, 1, 2),
        (Status.PROCESSING, 3, 5),
        (Status.PROCESSING, 12, 12),
        (Status.PROCESSING, 600, 30),
        (Status.PROCESSING, None, 5),
        (Status.QUEUED, None, 5),
        (Status.PAUSED, None, 60),
        (Status.COMPLETED, None, 60),
    ],
)
def test_the_polling_interval_grows_with_the_estimate(
    status: Status, minutes: int | None, seconds: int
) -> None:
    completion = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert polling_interval(NOW, status, completion) == seconds
