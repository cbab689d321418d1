"""What users may do with a batch."""

import pytest

from services.gateway.status import Status, status_of
from services.gateway.transitions import MOVES, Action, Move, Refusal, allowed_in, decide


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", Status)
def test_a_move_leads_to_where_the_action_then_has_nothing_to_do(action: Action, status: Status) -> None:
    match decide(action, status):
        case Move(state=state):
            end = "cancelled" if action is Action.CANCEL else None
            for started in (False, True):
                assert decide(action, status_of(state, started, end)) is None
        case Refusal(advice=advice):
            assert advice.endswith(".")


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_what_has_ended_stays_so(status: Status) -> None:
    assert allowed_in(status) == []
    for action in (Action.START, Action.PAUSE, Action.RESUME):
        assert isinstance(decide(action, status), Refusal)


def test_only_a_paused_batch_is_resumed_and_only_a_held_one_started() -> None:
    assert allowed_in(Status.PAUSED) == [Action.RESUME, Action.CANCEL]
    assert allowed_in(Status.PENDING) == [Action.START, Action.CANCEL]
    assert decide(Action.START, Status.PAUSED) == Refusal("Allowed now: resume, cancel.")
    assert MOVES[Action.PAUSE].past == "paused"
