"""The open slices of one batch in memory: a mirror of its book, ordered by what is known of them."""

from typing import Literal
from uuid import UUID

import msgspec

from services.ingest.cutting import Slice
from services.ingest.timing import Timing

Shelf = Literal["out", "done", "back"]


class Entry(msgspec.Struct, eq=False):
    """One dispatch of a slice. Times are this process's monotonic seconds; `since` is when it came to
    the shelf it stands on. `partition` and `offset`: where it lies in the topic of slices. `version` is the
    desired state's at the dispatch, 0 when an earlier owner dispatched it. `booked`: Postgres knows of it.
    `lost`: how often this owner sent the slice again because nothing could come of a dispatch any more."""

    batch_id: UUID
    piece: Slice
    dispatch: int
    version: int
    since: float
    partition: int = -1
    offset: int = -1
    asked: float = 0.0
    worker: str = ""
    marked: bool = False
    why: str = "first"
    booked: bool = False
    lost: int = 0


class OpenSlices:
    """Shelves by first row: `out` with the analyzers, `done` without evidence, `back` to be sent again."""

    def __init__(self) -> None:
        self.out: dict[int, Entry] = {}
        self.done: dict[int, Entry] = {}
        self.back: dict[int, Entry] = {}

    def __len__(self) -> int:
        return len(self.out) + len(self.done) + len(self.back)

    @property
    def rows(self) -> int:
        return sum(e.piece.rows for shelf in (self.out, self.done, self.back) for e in shelf.values())

    def put(self, entry: Entry, shelf: Shelf) -> None:
        """As the book has it."""
        shelves = {"out": self.out, "done": self.done, "back": self.back}
        shelves[shelf][entry.piece.first_row] = entry

    def send(self, entry: Entry) -> None:
        self.back.pop(entry.piece.first_row, None)
        self.out[entry.piece.first_row] = entry

    def finish(self, first_row: int, dispatch: int, worker: str, now: float) -> float | None:
        """Seconds that it was out; None when this says nothing new or is of an older dispatch."""
        entry = self._take(first_row, dispatch)
        if entry is None:
            return None
        took, entry.since, entry.worker = now - entry.since, now, worker
        self.done[first_row] = entry
        return took

    def release(self, first_row: int, dispatch: int, worker: str, now: float) -> None:
        """An analyzer gave it back unfinished."""
        entry = self._take(first_row, dispatch)
        if entry is not None:
            entry.since, entry.worker, entry.why = now, worker, "released"
            self.back[first_row] = entry

    def lose(self, entry: Entry, now: float) -> bool:
        """Nothing will ever come of this dispatch; False when it is over or was sent again meanwhile."""
        for shelf in (self.out, self.done):
            if shelf.get(entry.piece.first_row) is entry:
                del shelf[entry.piece.first_row]
                entry.since, entry.why, entry.lost = now, "incomplete", entry.lost + 1
                self.back[entry.piece.first_row] = entry
                return True
        return False

    def find(self, first_row: int, dispatch: int) -> Entry | None:
        """That dispatch, if it is with the analyzers or without evidence."""
        entry = self.out.get(first_row) or self.done.get(first_row)
        return entry if entry is not None and entry.dispatch == dispatch else None

    def drop(self, entry: Entry) -> None:
        """Its rows are in the results."""
        for shelf in (self.out, self.done, self.back):
            if shelf.get(entry.piece.first_row) is entry:
                del shelf[entry.piece.first_row]

    def resendable(self, version: int, now: float, timing: Timing) -> list[Entry]:
        """In row order. What was released waits a little, unless its batch was paused and resumed since."""
        ready = (entry for entry in self.back.values() if _due(entry, version, now, timing))
        return sorted(ready, key=lambda entry: entry.piece.first_row)

    def _take(self, first_row: int, dispatch: int) -> Entry | None:
        """Out of `out`, if it is that dispatch and not known to be over already."""
        entry = self.out.get(first_row)
        if entry is None or entry.dispatch != dispatch:
            return None
        return self.out.pop(first_row)


def _due(entry: Entry, version: int, now: float, timing: Timing) -> bool:
    return entry.why == "incomplete" or version > entry.version or now - entry.since >= timing.given_back
