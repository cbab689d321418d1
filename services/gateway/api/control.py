"""What users do with a batch, and with many at once. An empty body is fine everywhere."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.actor import check_may
from services.gateway.api.ids import BatchId
from services.gateway.bulk import act_on_all
from services.gateway.change import Changed
from services.gateway.commands import Bulk, Command, ForceStart, NoFields, Resume, SoftDelete
from services.gateway.context import Context, Ctx
from services.gateway.json_body import json_body
from services.gateway.replies import reply
from services.gateway.transitions import MOVES, Action

router = APIRouter(tags=["control"])
_MESSAGES = {
    Action.START: "Batch processing started",
    Action.PAUSE: "Batch paused",
    Action.RESUME: "Batch resumed",
    Action.CANCEL: "Batch cancelled",
    Action.FORCE_START: "Batch processing started",
    Action.SOFT_DELETE: "Batch soft-deleted; it can be restored until purge_at",
    Action.RESTORE: "Batch restored",
    Action.DELETE: "Batch deleted; its results and files go in the background",
}


@router.post("/{batch_id}/start")
async def start(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    await json_body(request, NoFields)
    return await _control(ctx, batch_id, Command(Action.START))


@router.post("/{batch_id}/pause")
async def pause(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    await json_body(request, NoFields)
    return await _control(ctx, batch_id, Command(Action.PAUSE))


@router.post("/{batch_id}/resume")
async def resume(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """One that was paused at its max_cost needs a higher one."""
    return await _control(ctx, batch_id, (await json_body(request, Resume)).command())


@router.post("/{batch_id}/cancel")
async def cancel(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    await json_body(request, NoFields)
    return await _control(ctx, batch_id, Command(Action.CANCEL))


@router.post("/{batch_id}/force-start")
async def force_start(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """Starts it even where MAX_CONCURRENT_BATCHES run already."""
    await json_body(request, ForceStart)
    return await _control(ctx, batch_id, Command(Action.FORCE_START))


@router.post("/{batch_id}/soft-delete")
async def soft_delete(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """Hides an ended batch, and deletes it for good after `retention_days`."""
    body = await json_body(request, SoftDelete)
    return await _control(ctx, batch_id, Command(Action.SOFT_DELETE, retention_days=body.retention_days))


@router.post("/{batch_id}/restore")
async def restore(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    await json_body(request, NoFields)
    return await _control(ctx, batch_id, Command(Action.RESTORE))


@router.delete("/{batch_id}")
async def delete(ctx: Ctx, batch_id: BatchId, request: Request, force: bool = False) -> Response:
    """For good. An active batch only with `force`: it is cancelled first."""
    await json_body(request, NoFields)
    return await _control(ctx, batch_id, Command(Action.DELETE, force=force))


@router.post("/bulk")
async def bulk(ctx: Ctx, request: Request) -> Response:
    """One action on up to 100 batches, with a reply for each; an id that is given twice is acted on once."""
    wanted = await json_body(request, Bulk)
    command = wanted.command()
    if command.action is Action.DELETE:
        check_may("DELETE", "/api/v1/batches/{batch_id}")
    results = await act_on_all(ctx.handler, wanted.batch_ids, command)
    succeeded = sum(result["success"] for result in results)
    data = {
        "action": wanted.action,
        "results": results,
        "count": len(results),
        "succeeded": succeeded,
        "failed": len(results) - succeeded,
    }
    return reply(data, f"{wanted.action}: {succeeded} of {len(results)} batches")


async def _control(ctx: Context, batch_id: UUID, command: Command) -> Response:
    changed = await ctx.handler.control(batch_id, command)
    message = _MESSAGES[command.action] if changed.changed else _nothing_to_do(command.action, changed)
    return reply(_facts(batch_id, command.action, changed), message)


def _nothing_to_do(action: Action, changed: Changed) -> str:
    match action:
        case Action.SOFT_DELETE:
            return "Nothing to do: the batch is soft-deleted already"
        case Action.RESTORE:
            return "Nothing to do: the batch is not soft-deleted"
        case _:
            return f"Nothing to do: the batch is {changed.after} already"


def _facts(batch_id: UUID, action: Action, changed: Changed) -> dict[str, Any]:
    """`started` is always true: clients read it as "done" whatever was asked for."""
    facts = {
        "batch_id": batch_id,
        "started": True,
        "status": changed.after,
        "previous_status": changed.before,
        "changed": changed.changed,
        MOVES[action].past: True,
    }
    return {**facts, "purge_at": changed.purge_at} if action is Action.SOFT_DELETE else facts
