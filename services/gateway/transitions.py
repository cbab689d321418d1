"""What users may do with a batch, as one table."""

from enum import StrEnum
from typing import NamedTuple

from services.gateway.status import Status
from shared.desired import State
from shared.events import BatchEvent, BatchPaused, BatchResumed


class Action(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


class Move(NamedTuple):
    """To `state`, said by `event` (None: the end says it). `past` is the word for it."""

    state: State
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
}
# The statuses from which each action changes something.
_FROM: dict[Action, frozenset[Status]] = {
    Action.START: frozenset({Status.PENDING}),
    Action.PAUSE: frozenset({Status.QUEUED, Status.PROCESSING}),
    Action.RESUME: frozenset({Status.PAUSED}),
    Action.CANCEL: frozenset({Status.PENDING, Status.QUEUED, Status.PROCESSING, Status.PAUSED}),
}
# The statuses in which what is asked for is so already: nothing changes and the reply says so.
_ALREADY: dict[Action, frozenset[Status]] = {
    Action.START: frozenset({Status.QUEUED, Status.PROCESSING}),
    Action.PAUSE: frozenset({Status.PAUSED}),
    Action.RESUME: frozenset({Status.QUEUED, Status.PROCESSING}),
    Action.CANCEL: frozenset({Status.CANCELLED}),
}


def decide(action: Action, status: Status) -> Move | Refusal | None:
    """The move to make, None if it is so already, or why it can't be."""
    if status in _FROM[action]:
        return MOVES[action]
    if status in _ALREADY[action]:
        return None
    allowed = [str(other) for other in allowed_in(status)]
    return Refusal(
        f"Allowed now: {', '.join(allowed)}." if allowed else "It has ended; nothing can change it."
    )


def allowed_in(status: Status) -> list[Action]:
    """The actions that would change something now, in the order that pages show them."""
    return [action for action in Action if status in _FROM[action]]
