"""The shelves of open slices: what outcomes move, and what they must not."""

from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.batch import Batch, Facts
from services.ingest.cutting import Slice
from services.ingest.open_slices import Entry, OpenSlices
from services.ingest.timing import Timing

TIMING = Timing()


def entry(first_row: int = 1, dispatch: int = 1, version: int = 1, since: float = 0.0) -> Entry:
    piece = Slice(1, first_row, first_row + 63, 0, 100)
    return Entry(uuid4(), piece, dispatch, version, since, booked=True)


def test_an_outcome_of_an_older_dispatch_is_ignored() -> None:
    slices = OpenSlices()
    slices.send(entry(dispatch=2))
    assert slices.finish(1, 1, "analyzer-1", 5.0) is None
    slices.release(1, 1, "analyzer-1", 5.0)
    assert list(slices.out) == [1]


def test_a_finished_slice_tells_how_long_it_was_out_and_only_once() -> None:
    slices = OpenSlices()
    slices.send(entry(since=2.0))
    assert slices.finish(1, 1, "analyzer-1", 5.0) == 3.0
    assert slices.finish(1, 1, "analyzer-1", 6.0) is None
    assert slices.done[1].worker == "analyzer-1"


def test_what_was_released_waits_a_little_unless_its_batch_was_paused_and_resumed() -> None:
    slices = OpenSlices()
    slices.send(entry(version=1))
    slices.release(1, 1, "analyzer-1", 10.0)
    assert slices.resendable(1, 10.1, TIMING) == []
    assert len(slices.resendable(3, 10.1, TIMING)) == 1
    assert len(slices.resendable(1, 10.0 + TIMING.given_back, TIMING)) == 1


def test_what_is_lost_is_sent_again_at_once_in_row_order() -> None:
    slices = OpenSlices()
    for first_row in (129, 1, 65):
        slices.send(sent := entry(first_row))
        assert slices.lose(sent, 3.0)
    assert [e.piece.first_row for e in slices.resendable(1, 3.0, TIMING)] == [1, 65, 129]


def test_a_dispatch_that_was_replaced_can_neither_be_lost_nor_dropped() -> None:
    slices = OpenSlices()
    old, new = entry(dispatch=1), entry(dispatch=2)
    slices.send(old)
    slices.send(new)
    assert not slices.lose(old, 1.0)
    slices.drop(old)
    assert slices.out[1] is new


steps = st.lists(
    st.tuples(
        st.sampled_from(["send", "finish", "release", "lose", "drop"]), st.integers(1, 4), st.integers(1, 3)
    )
)


@given(steps)
def test_a_slice_stands_on_one_shelf_whatever_happens_in_whatever_order(
    ops: list[tuple[str, int, int]],
) -> None:
    slices, made = OpenSlices(), {}
    for step, row, dispatch in ops:
        match step:
            case "send":
                if row not in slices.out and row not in slices.done:
                    made[row] = entry(row, dispatch)
                    slices.send(made[row])
            case "finish":
                slices.finish(row, dispatch, "w", 1.0)
            case "release":
                slices.release(row, dispatch, "w", 1.0)
            case "lose" if row in made:
                slices.lose(made[row], 1.0)
            case "drop" if row in made:
                slices.drop(made[row])
        shelves = [*slices.out, *slices.done, *slices.back]
        assert len(shelves) == len(set(shelves)) == len(slices)


def test_each_loss_counts_and_a_release_does_not() -> None:
    slices = OpenSlices()
    slices.send(sent := entry())
    slices.release(1, 1, "analyzer-1", 1.0)
    assert sent.lost == 0
    slices.send(sent)
    slices.lose(sent, 2.0)
    nothing: Any = None
    batch = Batch(Facts(sent.batch_id, 1, 1, 2_000, 64, (), "US", "rows"), nothing, slices)
    assert batch.resend(sent, 3.0).lost == 1
