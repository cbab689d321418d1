"""Start, pause, resume, cancel."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.api.ids import BatchId
from services.gateway.change import Changed
from services.gateway.context import Context, Ctx
from services.gateway.replies import reply
from services.gateway.transitions import MOVES, Action

router = APIRouter(tags=["control"])
_MESSAGES = {
    Action.START: "Batch processing started",
    Action.PAUSE: "Batch paused",
    Action.RESUME: "Batch resumed",
    Action.CANCEL: "Batch cancelled",
}


@router.post("/{batch_id}/start")
async def start(ctx: Ctx, batch_id: BatchId) -> Response:
    return await _control(ctx, batch_id, Action.START)


@router.post("/{batch_id}/pause")
async def pause(ctx: Ctx, batch_id: BatchId) -> Response:
    return await _control(ctx, batch_id, Action.PAUSE)


@router.post("/{batch_id}/resume")
async def resume(ctx: Ctx, batch_id: BatchId) -> Response:
    return await _control(ctx, batch_id, Action.RESUME)


@router.post("/{batch_id}/cancel")
async def cancel(ctx: Ctx, batch_id: BatchId) -> Response:
    return await _control(ctx, batch_id, Action.CANCEL)


async def _control(ctx: Context, batch_id: UUID, action: Action) -> Response:
    changed = await ctx.handler.control(batch_id, action)
    message = _MESSAGES[action] if changed.changed else f"Nothing to do: the batch is {changed.after} already"
    return reply(_facts(batch_id, action, changed), message)


def _facts(batch_id: UUID, action: Action, changed: Changed) -> dict[str, Any]:
    """`started` is always true: clients read it as "done" whatever was asked for."""
    facts = {
        "batch_id": batch_id,
        "started": True,
        "status": changed.after,
        "previous_status": changed.before,
        "changed": changed.changed,
    }
    return {**facts, MOVES[action].past: True}
