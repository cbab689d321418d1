"""One action on the batches that are marked in the list."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.bulk import act_on_all
from services.gateway.commands import Command
from services.gateway.context import Ctx
from services.gateway.errors import ValidationError
from services.gateway.forms import field, fields, read_form
from services.gateway.pages.render import page
from services.gateway.transitions import Action

router = APIRouter(include_in_schema=False)
# In the order of the buttons. For good, batches are deleted one by one, on their own pages.
OFFERED = (
    Action.START,
    Action.PAUSE,
    Action.RESUME,
    Action.RETRY,
    Action.CANCEL,
    Action.SOFT_DELETE,
    Action.RESTORE,
)
_MOST = 100
_TOLD = 5


@router.post("/bulk")
async def bulk(ctx: Ctx, request: Request) -> Response:
    """Says what came of it, as a part of the list, or without scripts as a page of its own."""
    form = await read_form(request.receive)
    action, batch_ids = _action(field(form, "action")), fields(form, "batch_ids")
    if not 1 <= len(batch_ids) <= _MOST:
        raise ValidationError(f"Mark 1 to {_MOST} batches, not {len(batch_ids)}.")
    results = await act_on_all(ctx.handler, batch_ids, Command(action))
    refused = [result["error"] for result in results if not result["success"]]
    template = "_said.html" if "hx-request" in request.headers else "said.html"
    return page(template, done=len(results) - len(refused), refused=refused, told=_TOLD)


def _action(text: str) -> Action:
    found = next((action for action in OFFERED if action == text), None)
    if found is None:
        raise ValidationError(f"action is one of {', '.join(OFFERED)}, not {text[:50]!r}.")
    return found
