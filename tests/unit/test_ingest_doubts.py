"""When a slice is lost: only when nothing can come of it any more."""

from uuid import uuid4

import pytest

from services.ingest.cutting import Slice
from services.ingest.doubts import (
    ASKED_AT_ONCE,
    Fate,
    Mark,
    ResultLog,
    SliceLog,
    fate,
    missing,
    overdue,
    passed,
    to_ask,
)
from services.ingest.open_slices import Entry, OpenSlices
from services.ingest.timing import Timing

TIMING = Timing()


def entry(
    first_row: int = 1, dispatch: int = 1, since: float = 0.0, offset: int = 50, lost: int = 0
) -> Entry:
    piece = Slice(1, first_row, first_row, 0, 9)
    return Entry(uuid4(), piece, dispatch, 1, since, 3, offset, booked=True, lost=lost)


@pytest.mark.parametrize(
    ("begins", "ends", "acknowledged", "expected"),
    [
        (0, 90, 10, Fate.WAITING),
        (0, 90, 50, Fate.WAITING),
        (0, 90, 51, Fate.ANSWERED),
        (60, 90, 55, Fate.ANSWERED),
        (60, 90, 10, Fate.GONE),
        (0, 20, 10, Fate.GONE),
        (0, 0, -1, Fate.GONE),
    ],
    ids=["behind it", "at it", "past it", "deleted after", "deleted before", "tail cut", "log made anew"],
)
def test_the_fate_of_a_silent_slice(begins: int, ends: int, acknowledged: int, expected: Fate) -> None:
    assert fate(entry(), SliceLog({3: begins}, {3: ends}, {3: acknowledged})) is expected


def test_a_slice_whose_record_nobody_can_find_is_gone() -> None:
    assert fate(entry(offset=-1), SliceLog({}, {3: 90}, {3: 90})) is Fate.GONE
    assert fate(entry(offset=-1), SliceLog({}, {}, {})) is Fate.GONE


def test_the_exporter_has_passed_when_every_partition_was_read_or_emptied() -> None:
    mark = Mark(0.0, {0: 10, 1: 5, 2: 0})
    assert not passed(mark, ResultLog({}, {0: 10}))
    assert not passed(mark, ResultLog({1: 4}, {0: 10, 1: 3}))
    assert passed(mark, ResultLog({1: 5}, {0: 10, 1: 3}))
    assert passed(mark, ResultLog({}, {0: 11, 1: 5}))


def test_patience_doubles_with_each_loss_to_a_bound() -> None:
    assert [TIMING.missing(n) for n in (0, 1, 2)] == [5, 10, 20]
    assert [TIMING.overdue(n) for n in (0, 1, 2)] == [15, 30, 60]
    assert TIMING.overdue(1_000) == TIMING.patience


def test_only_the_old_are_doubted() -> None:
    slices = OpenSlices()
    for each in (entry(1, since=100.0), entry(2, dispatch=20, since=84.0), entry(3, lost=1, since=84.0)):
        slices.send(each)
    assert [e.piece.first_row for _, e in overdue([slices], 100.0, TIMING)] == [2]
    slices.finish(1, 1, "w", 100.0)
    assert missing([slices], 104.0, TIMING) == []
    assert [e.piece.first_row for _, e in missing([slices], 105.0, TIMING)] == [1]


def test_the_evidence_is_asked_for_a_bounded_number_the_longest_unasked_first() -> None:
    slices = OpenSlices()
    for row in range(1, ASKED_AT_ONCE + 101):
        slices.send(each := entry(row))
        each.asked = -float(row)
    asked = to_ask([slices], 100.0, TIMING)
    assert [e.piece.first_row for e in asked] == list(range(ASKED_AT_ONCE + 100, 100, -1))


def test_what_is_not_booked_yet_is_not_asked_for() -> None:
    slices = OpenSlices()
    slices.send(each := entry())
    each.booked = False
    assert to_ask([slices], 1e6, TIMING) == []
    assert overdue([slices], 1e6, TIMING) == []
