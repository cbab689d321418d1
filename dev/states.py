"""Draws docs/states.md from the table of transitions: `python -m dev.states`."""

from pathlib import Path
from typing import NamedTuple

from services.gateway.status import Status, status_of
from services.gateway.transitions import Action, Move, decide
from shared.desired import State

PAGE = Path(__file__).parent.parent / "docs" / "states.md"
_SOFT_DELETED = "soft-deleted"
# What happens without a user.
_BY_ITSELF = (
    (Status.QUEUED, Status.PROCESSING, "a place is free"),
    (Status.PROCESSING, Status.COMPLETED, "all rows, at least one succeeded"),
    (Status.PROCESSING, Status.FAILED, "all rows, none succeeded, or its file is unreadable"),
    (_SOFT_DELETED, State.DELETED, "retention over"),
)
_HEAD = """# States of a batch

Made from the table in `services/gateway/transitions.py` by `python -m dev.states`; a test fails when it is
stale.

A batch is **active** until it is completed, failed or cancelled. A soft-deleted batch keeps its status and is
hidden from lists; "restore" brings it back as it was. A deleted batch is unknown to every request but another
delete.
"""
_LEGEND = """
**→** changes it · **=** it is so already: 200 with `changed: false` · **–** 400 BatchStateError that says
what is allowed. With `force=true`, delete cancels an active batch first. Force-start is `=` for a queued
batch whose start was forced before, and retry for a queued or processing one that is being retried. A paused
batch that never started is queued when it is resumed.

**Retry** is a run more: a batch that has ended is processing again, at once, while the rows that are tried
again keep their old results; where no row failed it is `=`. **Clone** makes a batch of its own of any that is
not soft-deleted; with results, of a completed or failed one whose every row has one.
"""


class Place(NamedTuple):
    """Where a batch can be, for this table: soft-deleted ones are alike, whatever their status."""

    name: str
    status: Status
    soft_deleted: bool = False


PLACES = (*(Place(status, status) for status in Status), Place(_SOFT_DELETED, Status.COMPLETED, True))


def page() -> str:
    return f"{_HEAD}\n{_table()}{_LEGEND}\n{_diagram()}"


def _table() -> str:
    rows = [
        ["", *Action],
        ["---"] * (len(Action) + 1),
        *([place.name, *(_cell(place, action) for action in Action)] for place in PLACES),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(place: Place, action: Action) -> str:
    match decide(action, place.status, place.soft_deleted):
        case Move():
            return f"→ {after(place, action)}"
        case None:
            return "="
        case _:
            return "–"


def after(place: Place, action: Action) -> str:
    """Where a move leads; of a paused batch, one that had started."""
    match action:
        case Action.DELETE:
            return State.DELETED
        case Action.SOFT_DELETE:
            return _SOFT_DELETED
        case Action.RESTORE:
            return "as it was"
    move = decide(action, place.status, place.soft_deleted)
    assert isinstance(move, Move)
    assert move.state is not None
    unstarted = place.status in (Status.PENDING, Status.QUEUED) and action is not Action.FORCE_START
    return status_of(move.state, not unstarted, None)


def _diagram() -> str:
    moves = [
        (place.name, after(place, action), action)
        for place in PLACES
        for action in Action
        if isinstance(decide(action, place.status, place.soft_deleted), Move) and action is not Action.RESTORE
    ]
    lines = [f"    {_id(a)} --> {_id(b)}: {label}\n" for a, b, label in (*moves, *_BY_ITSELF)]
    return "```mermaid\nstateDiagram-v2\n" + "".join(lines) + "```\n"


def _id(name: str) -> str:
    return name.replace("-", "_")


if __name__ == "__main__":
    PAGE.write_text(page())
