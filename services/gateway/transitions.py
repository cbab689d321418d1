"""What users may do with a batch, as one table. `python -m dev.states` draws it: docs/states.md."""

from enum import StrEnum
from typing import NamedTuple

from services.gateway.status import Status
from shared.desired import State
from shared.events import BatchDeleted, BatchEvent, BatchPaused, BatchResumed


class Action(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    FORCE_START = "force-start"
    SOFT_DELETE = "soft-delete"
    RESTORE = "restore"
    DELETE = "delete"


class Move(NamedTuple):
    """To `state` (None: it stays as it is), said by `event` (None: by the end of the run, or by nobody).
    `past` is the word for it."""

    state: State | None
    event: type[BatchEvent] | None
    past: str


class Refusal(NamedTuple):
    """Not allowed now; `advice` says what is."""

    advice: str


MOVES: dict[Action, Move] = {
    Action.START: Move(State.RUNNING, BatchResumed, "started"),
    Action.PAUSE: Move(State.PAUSED, BatchPaused, "paused"),
    Action.RESUME: Move(State.RUNNING, BatchResumed, "resumed"),
    Action.CANCEL: Move(State.CANCELLED, None, "cancelled"),
    Action.RETRY: Move(State.RUNNING, BatchResumed, "retried"),
    Action.FORCE_START: Move(State.RUNNING, BatchResumed, "force_started"),
    Action.SOFT_DELETE: Move(None, None, "soft_deleted"),
    Action.RESTORE: Move(None, None, "restored"),
    Action.DELETE: Move(State.DELETED, BatchDeleted, "deleted"),
}
_ACTIVE = frozenset(status for status in Status if status.is_active)
_ENDED = frozenset(Status) - _ACTIVE
# The statuses from which each action changes something, while the batch is not soft-deleted.
_FROM: dict[Action, frozenset[Status]] = {
    Action.START: frozenset({Status.PENDING}),
    Action.PAUSE: frozenset({Status.QUEUED, Status.PROCESSING}),
    Action.RESUME: frozenset({Status.PAUSED}),
    Action.CANCEL: _ACTIVE,
    Action.RETRY: frozenset({Status.COMPLETED, Status.FAILED}),
    Action.FORCE_START: frozenset({Status.PENDING, Status.QUEUED}),
    Action.SOFT_DELETE: _ENDED,
    Action.RESTORE: frozenset(),
    Action.DELETE: _ENDED,
}
# The statuses in which what is asked for is so already: nothing changes and the reply says so.
_ALREADY: dict[Action, frozenset[Status]] = {
    Action.START: frozenset({Status.QUEUED, Status.PROCESSING}),
    Action.PAUSE: frozenset({Status.PAUSED}),
    Action.RESUME: frozenset({Status.QUEUED, Status.PROCESSING}),
    Action.CANCEL: frozenset({Status.CANCELLED}),
    Action.RETRY: frozenset(),
    Action.FORCE_START: frozenset({Status.PROCESSING}),
    Action.SOFT_DELETE: frozenset(),
    Action.RESTORE: frozenset(Status),
    Action.DELETE: frozenset(),
}
# The same for a batch that is soft-deleted, whatever its status: it has ended, and only this is left.
_FROM_SOFT_DELETED = frozenset({Action.RESTORE, Action.DELETE})
_ALREADY_SOFT_DELETED = frozenset({Action.SOFT_DELETE})
_ALREADY_FORCED = frozenset({Status.QUEUED})
_ALREADY_RETRIED = frozenset({Status.QUEUED, Status.PROCESSING})
_INSTEAD: dict[Action, str] = {
    Action.RETRY: "It can be retried once it has completed or failed, and cloned if it was cancelled. ",
    Action.SOFT_DELETE: "Cancel it first, or wait for its end. ",
    Action.DELETE: "Cancel it first, wait for its end, or send force=true. ",
}


def decide(
    action: Action,
    status: Status,
    soft_deleted: bool = False,
    forced: bool = False,
    retried: bool = False,
) -> Move | Refusal | None:
    """The move to make, None if it is so already, or why it can't be. `forced`: it starts over the limit;
    `retried`: it is in a later run than its first."""
    if soft_deleted:
        return _decide_soft_deleted(action)
    if forced and action is Action.FORCE_START and status in _ALREADY_FORCED:
        return None
    if retried and action is Action.RETRY and status in _ALREADY_RETRIED:
        return None
    if status in _FROM[action]:
        return MOVES[action]
    if status in _ALREADY[action]:
        return None
    allowed = ", ".join(allowed_in(status))
    return Refusal(f"{_INSTEAD.get(action, '')}Allowed now: {allowed}.")


def _decide_soft_deleted(action: Action) -> Move | Refusal | None:
    if action in _FROM_SOFT_DELETED:
        return MOVES[action]
    if action in _ALREADY_SOFT_DELETED:
        return None
    return Refusal("It is soft-deleted: restore it first.")


def allowed_in(status: Status, soft_deleted: bool = False) -> list[Action]:
    """The actions that would change something now, in the order that pages show them."""
    if soft_deleted:
        return [action for action in Action if action in _FROM_SOFT_DELETED]
    return [action for action in Action if status in _FROM[action]]
