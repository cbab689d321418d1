"""The status of batches and chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.status import ChunkStatus, Status, chunk_status_of, status_of
from shared.desired import State

ENDS = ("completed", "failed", "cancelled")


@pytest.mark.parametrize(
    ("desired", "started", "status"),
    [
        (State.HELD, False, Status.PENDING),
        (State.HELD, True, Status.PROCESSING),
        (State.RUNNING, False, Status.QUEUED),
        (State.RUNNING, True, Status.PROCESSING),
        (State.PAUSED, False, Status.PAUSED),
        (State.PAUSED, True, Status.PAUSED),
        (State.CANCELLED, False, Status.CANCELLED),
        (State.CANCELLED, True, Status.CANCELLED),
    ],
)
def test_without_an_end_the_desired_state_and_the_start_decide(
    desired: State, started: bool, status: Status
) -> None:
    assert status_of(desired, started, None) is status


@given(st.sampled_from(State), st.booleans(), st.sampled_from(ENDS))
def test_an_end_outranks_everything(desired: State, started: bool, end: str) -> None:
    assert status_of(desired, started, end) == end


def test_active_is_everything_that_has_not_ended() -> None:
    assert {status for status in Status if not status.is_active} == {*ENDS}


@given(
    st.sampled_from(Status),
    st.integers(1, 2000).flatmap(lambda rows: st.tuples(st.just(rows), st.integers(0, rows))),
    st.booleans(),
    st.integers(0, 2000),
)
def test_a_chunk_is_done_exactly_when_every_row_has_its_result(
    batch: Status, sizes: tuple[int, int], cut: bool, successful: int
) -> None:
    rows, processed = sizes
    status = chunk_status_of(batch, rows, processed, min(successful, processed), cut, retrying=False)
    assert (status in (ChunkStatus.COMPLETED, ChunkStatus.FAILED)) == (processed == rows)
    if status is ChunkStatus.FAILED:
        assert successful == 0


def test_a_chunk_moves_from_pending_to_processing_when_it_is_handed_out() -> None:
    assert chunk_status_of(Status.PROCESSING, 10, 0, 0, cut=False, retrying=False) is ChunkStatus.PENDING
    assert chunk_status_of(Status.PROCESSING, 10, 0, 0, cut=True, retrying=False) is ChunkStatus.PROCESSING
    assert chunk_status_of(Status.CANCELLED, 10, 3, 3, cut=True, retrying=False) is ChunkStatus.PENDING


@given(st.sampled_from(Status), st.booleans())
def test_a_chunk_is_retrying_while_its_batch_is_active(batch: Status, successful: bool) -> None:
    status = chunk_status_of(batch, 10, 10, 5 * successful, cut=True, retrying=True)
    assert (status is ChunkStatus.RETRYING) == batch.is_active
