"""Counting, lag positions and the words for stuck work."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.monitor.counting import BUCKET_SECONDS, Counted, tally
from services.monitor.lags import Span, next_offset
from services.monitor.stuck import Signs, why

START = datetime(2026, 1, 2, tzinfo=UTC)
EVENTS = st.lists(
    st.builds(
        Counted,
        batch_id=st.sampled_from([UUID(int=1), UUID(int=2), UUID(int=3)]),
        at=st.integers(0, 100_000).map(lambda ms: START + timedelta(milliseconds=ms)),
        success=st.booleans(),
        cache_hit=st.booleans(),
    )
)


@given(EVENTS)
def test_every_event_is_counted_once_in_its_ten_seconds(events: list[Counted]) -> None:
    buckets = tally(events)
    assert len({(bucket.batch_id, bucket.start) for bucket in buckets}) == len(buckets)
    assert buckets == sorted(buckets)
    for bucket in buckets:
        end = bucket.start + timedelta(seconds=BUCKET_SECONDS)
        mine = [e for e in events if e.batch_id == bucket.batch_id and bucket.start <= e.at < end]
        assert bucket.processed == len(mine)
        assert bucket.failed == sum(not e.success for e in mine)
        assert bucket.cache_hits == sum(e.cache_hit for e in mine)
    assert sum(bucket.processed for bucket in buckets) == len(events)


@pytest.mark.parametrize(
    ("committed", "expected"), [(None, 10), (10, 10), (15, 15), (20, 20), (9, 10), (21, 10)]
)
def test_a_commit_outside_the_log_reads_from_the_earliest(committed: int | None, expected: int) -> None:
    assert next_offset(Span(10, 20), committed) == expected


@pytest.mark.parametrize(
    ("signs", "words"),
    [
        (Signs(False, 2, 0, 0), "all rows have their results"),
        (Signs(True, 1, 3, 4), "reported finished, but 3 rows"),
        (Signs(False, 1, 3, 0), "no analyzer"),
        (Signs(False, 7, 3, 4), "dispatch 7"),
    ],
)
def test_stuck_work_says_why(signs: Signs, words: str) -> None:
    assert words in why(signs)
