"""What a control says (pure): the bodies of requests, and the command that they mean."""

from typing import Annotated, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from services.gateway.errors import ValidationError
from services.gateway.status import PauseReason
from services.gateway.transitions import Action
from shared.price import MICROS

_MOST_BATCHES = 100
_Id = Annotated[str, Meta(examples=["123e4567-e89b-12d3-a456-426614174000"])]
MaxCost = Annotated[float, Meta(ge=0.000001, le=999_999_999, examples=[25.0])]
_Days = Annotated[int, Meta(ge=1, le=3_650)]
# What each action takes beside the batch's id.
_OPTIONS: dict[str, frozenset[str]] = {
    Action.START: frozenset(),
    Action.PAUSE: frozenset(),
    Action.RESUME: frozenset({"max_cost"}),
    Action.CANCEL: frozenset(),
    Action.RETRY: frozenset(),
    Action.FORCE_START: frozenset({"skip_validation"}),
    Action.SOFT_DELETE: frozenset({"retention_days"}),
    Action.RESTORE: frozenset(),
    Action.DELETE: frozenset({"force"}),
}


class Command(NamedTuple):
    """`force` deletes an active batch, too; `retention_days` is how long a soft-deleted one is kept;
    `max_cost`, in micro-dollars, is the batch's from now on (None: as it was). `reason`: why, where nobody
    asked."""

    action: Action
    force: bool = False
    retention_days: int = 30
    max_cost: int | None = None
    reason: PauseReason | None = None


class NoFields(Struct, frozen=True):
    """Of the controls that need no more than the batch's id."""


class Resume(Struct, frozen=True):
    """`max_cost` in US dollars: what the batch may cost from now on, in all."""

    max_cost: MaxCost | None = None

    def command(self) -> Command:
        return Command(Action.RESUME, max_cost=micros_of(self.max_cost))


class ForceStart(Struct, frozen=True):
    """`skip_validation` is accepted and changes nothing: a row that is no address is a failed result."""

    skip_validation: bool = False


class SoftDelete(Struct, frozen=True):
    retention_days: _Days = 30


class Bulk(Struct, frozen=True):
    """One action on many batches; what the action takes stands beside it."""

    action: Annotated[str, Meta(extra_json_schema={"enum": list(_OPTIONS)})]
    batch_ids: Annotated[list[_Id], Meta(min_length=1, max_length=_MOST_BATCHES)]
    skip_validation: bool | UnsetType = UNSET
    retention_days: _Days | UnsetType = UNSET
    force: bool | UnsetType = UNSET
    max_cost: MaxCost | UnsetType = UNSET

    def command(self) -> Command:
        """Raises ValidationError for an unknown action, and for a field that the action does not take."""
        if self.action not in _OPTIONS:
            raise ValidationError(f"action is one of {', '.join(_OPTIONS)}, not {self.action[:50]!r}.")
        options = ("skip_validation", "retention_days", "force", "max_cost")
        given = {name for name in options if getattr(self, name) is not UNSET}
        if superfluous := given - _OPTIONS[self.action]:
            names = ", ".join(sorted(superfluous))
            raise ValidationError(f"{self.action} does not take {names}. Leave it out.")
        days = 30 if self.retention_days is UNSET else self.retention_days
        max_cost = None if self.max_cost is UNSET else micros_of(self.max_cost)
        return Command(Action(self.action), self.force is True, days, max_cost)


def micros_of(amount: float | None) -> int | None:
    """Of US dollars."""
    return None if amount is None else round(amount * MICROS)
