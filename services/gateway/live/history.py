"""The states that a batch went through (pure), and which of them a listener has not heard of.

Three tables know a part each: the changes of the desired state by version, the start, and the ends by run.
They commit on their own, so a part may show after a younger one. A position is therefore no number but what
was heard of each part, and what was heard is taken up again from the first change that is missing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from services.gateway.status import status_of
from shared.desired import State


class Part(StrEnum):
    DESIRED = "desired"
    START = "start"
    END = "end"


class Fact(NamedTuple):
    """One row of one of the three. `value` is the desired state or the kind of the end."""

    part: Part
    version: int
    run: int
    value: str
    at: datetime


class Position(NamedTuple):
    """The highest version, the start (0 or 1) and the highest ended run that were heard of."""

    version: int = 0
    started: int = 0
    ended: int = 0

    def has(self, fact: Fact) -> bool:
        match fact.part:
            case Part.DESIRED:
                return fact.version <= self.version
            case Part.START:
                return self.started > 0
            case Part.END:
                return fact.run <= self.ended

    def join(self, other: "Position") -> "Position":
        return Position(*map(max, self, other))

    def after(self, fact: Fact) -> "Position":
        match fact.part:
            case Part.DESIRED:
                return self.join(Position(version=fact.version))
            case Part.START:
                return self.join(Position(started=1))
            case Part.END:
                return self.join(Position(ended=fact.run))


class Change(NamedTuple):
    """The status after a fact; `position` is where a listener stands who has heard of all up to here."""

    fact: Fact
    position: Position
    version: int
    run: int
    status: str
    previous: str | None

    @property
    def at(self) -> datetime:
        return self.fact.at

    @property
    def shows(self) -> bool:
        """Not every fact changes the status: a start while paused does not."""
        return self.status != self.previous


DELETED = "deleted"
_ENDED = ("completed", "failed", "cancelled", DELETED)


class History(NamedTuple):
    changes: tuple[Change, ...]

    @property
    def position(self) -> Position:
        return self.changes[-1].position if self.changes else Position()

    @property
    def has_ended(self) -> bool:
        return bool(self.changes) and self.changes[-1].status in _ENDED

    @property
    def last(self) -> Change | None:
        """The change that led to the status of now."""
        return next((change for change in reversed(self.changes) if change.shows), None)

    def after(self, heard: Position) -> list[Change]:
        """What a listener at `heard` has to be told: all from the first change on that it does not know."""
        missing = [n for n, change in enumerate(self.changes) if not heard.has(change.fact)]
        return [change for change in self.changes[missing[0] :] if change.shows] if missing else []

    def before(self, when: datetime) -> Position:
        """The position that covers what is older than `when`."""
        heard = Position()
        for change in self.changes:
            heard = heard.after(change.fact) if change.at < when else heard
        return heard


def history_of(facts: Iterable[Fact]) -> History:
    """The facts of one batch, in any order."""
    changes: list[Change] = []
    desired, version, run, started, heard = State.RUNNING, 0, 1, False, Position()
    ended: str | None = None
    for fact in in_order(facts):
        heard = heard.after(fact)
        match fact.part:
            case Part.DESIRED:
                ended = None if fact.run > run else ended
                desired, version, run = State(fact.value), fact.version, max(run, fact.run)
            case Part.START:
                started = True
            case Part.END:
                ended, run = fact.value, fact.run
        # A run on demand takes up a batch that was started before.
        status = DELETED if desired is State.DELETED else str(status_of(desired, started or run > 1, ended))
        previous = changes[-1].status if changes else None
        changes.append(Change(fact, heard, version, run, status, previous))
    return History(tuple(changes))


def in_order(facts: Iterable[Fact]) -> Sequence[Fact]:
    """By run, then by time; at the same time a wish comes before the start and the start before the end.

    A time is that of a transaction's begin, so versions may go against it: they keep their order, and what is
    not older than a version comes after it."""
    parts: dict[Part, list[Fact]] = {part: [] for part in Part}
    for fact in facts:
        parts[fact.part].append(fact)
    wishes = sorted(parts[Part.DESIRED], key=lambda fact: fact.version)
    times = list(accumulate((fact.at for fact in wishes), max))
    keyed = [((fact.run, time, 0), fact) for fact, time in zip(wishes, times, strict=True)]
    for rank, fact in [(1, fact) for fact in parts[Part.START]] + [(2, fact) for fact in parts[Part.END]]:
        moved = [time for wish, time in zip(wishes, times, strict=True) if wish.at <= fact.at]
        keyed.append(((fact.run, max([fact.at, *moved]), rank), fact))
    return [fact for _, fact in sorted(keyed, key=lambda pair: pair[0])]
