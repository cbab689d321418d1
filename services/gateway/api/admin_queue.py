"""The queue, for admins: what is stuck, cleaning up, handing work out again."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway import admin_queue
from services.gateway.api.ids import BatchId
from services.gateway.context import Ctx
from services.gateway.errors import NotFound
from services.gateway.json_body import json_body
from services.gateway.replies import reply

router = APIRouter(prefix="/admin", tags=["system"])
# Both documented names mean slices: there is one kind of job.
JobType = Literal["process_chunk", "chunk_processing"]


class Cleanup(msgspec.Struct, frozen=True):
    """Of batches that ended more than `max_age_hours` ago."""

    job_types: Annotated[tuple[JobType, ...], msgspec.Meta(min_length=1)] = ("process_chunk",)
    max_age_hours: Annotated[float, msgspec.Meta(ge=0, le=87_600)] = 24
    clean_database: bool = False


class Reset(msgspec.Struct, frozen=True):
    """`force` resets a batch that is not stuck, too."""

    force: bool = False


@router.get("/queue/status")
async def queue_status(ctx: Ctx) -> Response:
    """Chunks by status, and the slices past their deadline that are in nobody's hands."""
    return reply(await admin_queue.queue_status(ctx.pool))


@router.post("/queue/cleanup")
async def cleanup(ctx: Ctx, request: Request) -> Response:
    """Removes idempotency keys and requests of ended batches; never a result."""
    wanted = await json_body(request, Cleanup)
    removed = await admin_queue.cleanup(ctx.pool, wanted.max_age_hours, wanted.clean_database)
    asked = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
    return reply({**asked, **removed}, "What ended batches left behind is removed")


@router.post("/batch/{batch_id}/reset")
async def reset(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """Hands out the slices without result again."""
    wanted = await json_body(request, Reset)
    done = await admin_queue.reset(ctx.pool, batch_id, wanted.force)
    return reply(done, f"{done['slices']} slices are handed out again within a second")


@router.post("/queue/stuck/{job_id}/retry")
async def retry(ctx: Ctx, job_id: str) -> Response:
    """Hands out one stuck slice again. It can't be deleted: its rows would never have a result."""
    try:
        wanted = UUID(job_id)
    except ValueError:
        raise NotFound(f"There is no stuck job {job_id[:50]!r}.") from None
    done = await admin_queue.retry(ctx.pool, wanted)
    return reply(done, "The job is handed out again within a second")
