"""What users may do with a batch: every action in every place it can be in."""

import pytest

from dev.states import PAGE, page
from services.gateway.status import Status, status_of
from services.gateway.transitions import MOVES, Action, Move, Refusal, allowed_in, decide
from shared.desired import State

ENDED = [status for status in Status if not status.is_active]


def test_the_page_of_states_is_drawn_from_the_table() -> None:
    assert PAGE.read_text() == page(), "run `python -m dev.states`"


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", Status)
def test_a_move_leads_to_where_the_action_then_has_nothing_to_do(action: Action, status: Status) -> None:
    match decide(action, status):
        case Move(state=None):
            assert action is Action.SOFT_DELETE
            assert decide(action, status, soft_deleted=True) is None
        case Move(state=State.DELETED):
            assert status in ENDED, "and then it is gone"
        case Move(state=state):
            end = "cancelled" if action is Action.CANCEL else None
            assert state is not None
            for started in (False, True):
                assert decide(action, status_of(state, started, end), forced=True, retried=True) is None
        case Refusal(advice=advice):
            assert advice.endswith(".")
            assert all(str(other) in advice for other in allowed_in(status))


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_stays_so_and_may_go(status: Status) -> None:
    again = [] if status is Status.CANCELLED else [Action.RETRY]
    assert allowed_in(status) == [*again, Action.SOFT_DELETE, Action.DELETE]
    for action in (Action.START, Action.PAUSE, Action.RESUME, Action.FORCE_START):
        assert isinstance(decide(action, status), Refusal)


@pytest.mark.parametrize("status", [status for status in Status if status.is_active])
def test_what_is_active_is_not_deleted_and_says_how_it_could_be(status: Status) -> None:
    for action, words in ((Action.SOFT_DELETE, "Cancel it first"), (Action.DELETE, "force=true")):
        refused = decide(action, status)
        assert isinstance(refused, Refusal)
        assert words in refused.advice


@pytest.mark.parametrize("status", ENDED)
def test_a_soft_deleted_batch_is_restored_or_deleted_and_nothing_else(status: Status) -> None:
    assert allowed_in(status, soft_deleted=True) == [Action.RESTORE, Action.DELETE]
    for action in set(Action) - {Action.SOFT_DELETE, Action.RESTORE, Action.DELETE}:
        assert decide(action, status, soft_deleted=True) == Refusal("It is soft-deleted: restore it first.")


@pytest.mark.parametrize("status", Status)
def test_what_is_not_soft_deleted_is_restored_already(status: Status) -> None:
    assert decide(Action.RESTORE, status) is None


def test_only_a_paused_batch_is_resumed_and_only_a_held_one_started() -> None:
    assert allowed_in(Status.PAUSED) == [Action.RESUME, Action.CANCEL]
    assert allowed_in(Status.PENDING) == [Action.START, Action.CANCEL, Action.FORCE_START]
    assert decide(Action.START, Status.PAUSED) == Refusal("Allowed now: resume, cancel.")
    assert MOVES[Action.PAUSE].past == "paused"


def test_a_queued_batch_is_forced_once() -> None:
    assert decide(Action.FORCE_START, Status.QUEUED) == MOVES[Action.FORCE_START]
    assert decide(Action.FORCE_START, Status.QUEUED, forced=True) is None


@pytest.mark.parametrize("status", Status)
def test_what_is_being_retried_is_not_retried_again(status: Status) -> None:
    if status in (Status.QUEUED, Status.PROCESSING):
        assert decide(Action.RETRY, status, retried=True) is None
    else:
        assert decide(Action.RETRY, status, retried=True) == decide(Action.RETRY, status)
