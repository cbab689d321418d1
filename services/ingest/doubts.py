"""Which open slices to ask after, and which are lost: pure, on what Postgres and Kafka's logs say.

No age alone sends a slice again. A run that waits for quota may keep slices for long, and so may an
exporter that is behind: duplicates would only make both slower. A slice is lost when nothing can
come of it any more.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from heapq import nsmallest
from typing import NamedTuple

from services.ingest.open_slices import Entry, OpenSlices
from services.ingest.timing import Timing

ASKED_AT_ONCE = 500


class SliceLog(NamedTuple):
    """The topic of slices, by partition: the offsets its log begins and ends at, and up to where the
    analyzers have acknowledged it."""

    begins: Mapping[int, int]
    ends: Mapping[int, int]
    acknowledged: Mapping[int, int]


class ResultLog(NamedTuple):
    """The topic of results, by partition: where its log begins, and up to where the exporter has read it."""

    begins: Mapping[int, int]
    read: Mapping[int, int]


class Mark(NamedTuple):
    """Where every partition of the results ended at a time (monotonic seconds)."""

    at: float
    ends: Mapping[int, int]


class Fate(Enum):
    WAITING = "waiting"  # in the log and not acknowledged: an analyzer has it or will get it
    ANSWERED = "answered"  # acknowledged: its outcome was published before, and missed here
    GONE = "gone"  # no longer in the log, and never acknowledged: nobody will ever read it


def to_ask(open_slices: Iterable[OpenSlices], now: float, timing: Timing) -> list[Entry]:
    """Those whose rows may be complete by now, a bounded number, the longest unasked first."""
    ready: list[Entry] = []
    for each in open_slices:
        ready += (e for e in each.done.values() if e.booked and now - e.since >= timing.evidence_after)
        ready += (e for e in each.out.values() if e.booked and now - e.since >= timing.doubt_after)
    return nsmallest(ASKED_AT_ONCE, ready, key=lambda entry: entry.asked)


def overdue(open_slices: Iterable[OpenSlices], now: float, timing: Timing) -> list[tuple[OpenSlices, Entry]]:
    """Handed out long ago, and nothing was heard."""
    return [
        (each, entry)
        for each in open_slices
        for entry in each.out.values()
        if entry.booked and now - entry.since >= timing.overdue(entry.lost)
    ]


def missing(open_slices: Iterable[OpenSlices], now: float, timing: Timing) -> list[tuple[OpenSlices, Entry]]:
    """Finished long ago, and not all rows are in the results."""
    return [
        (each, entry)
        for each in open_slices
        for entry in each.done.values()
        if now - entry.since >= timing.missing(entry.lost)
    ]


def fate(entry: Entry, log: SliceLog) -> Fate:
    partition, offset = entry.partition, entry.offset
    if offset < 0:
        return Fate.GONE  # where its record lies is not known
    if log.acknowledged.get(partition, 0) > offset:
        return Fate.ANSWERED
    if not log.begins.get(partition, 0) <= offset < log.ends.get(partition, 0):
        return Fate.GONE
    return Fate.WAITING


def passed(mark: Mark, log: ResultLog) -> bool:
    """The exporter has stored all that was in the results at the mark, or it is not there any more."""
    return all(
        max(log.read.get(partition, 0), log.begins.get(partition, 0)) >= end
        for partition, end in mark.ends.items()
    )
