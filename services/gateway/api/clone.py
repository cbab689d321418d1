"""Clone a batch, with its results or without."""

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.api.ids import BatchId
from services.gateway.clone import Wanted
from services.gateway.commands import MaxCost, micros_of
from services.gateway.context import Ctx
from services.gateway.json_body import json_body
from services.gateway.replies import reply
from services.gateway.snapshot import Snapshot
from services.gateway.submit import info_of
from shared.desired import State

router = APIRouter(tags=["batches"])


class CloneBody(msgspec.Struct):
    """Without a name, the clone's is `NAME (copy)`. One with results starts by itself, another waits to be
    started unless `auto_start` is true. `max_cost` in US dollars; without it, the
    source's, or none for one with results."""

    new_name: str | None = None
    copy_results: bool = False
    auto_start: bool = False
    max_cost: MaxCost | None = None


@router.post("/{batch_id}/clone")
async def clone(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """A new batch of the same rows. With results no image is analysed again."""
    body = await json_body(request, CloneBody)
    max_cost = micros_of(body.max_cost)
    wanted = Wanted(body.new_name or "", body.copy_results, body.auto_start, max_cost)
    made = await ctx.handler.clone(batch_id, wanted)
    info = info_of(
        name=made.name,
        rows=made.total_urls,
        chunk_size=made.chunk_size,
        priority=made.priority,
        filename=made.original_filename,
        started=made.desired is State.RUNNING,
    )
    data = {"batch_id": made.batch_id, "source_batch_id": batch_id, "batch_info": info}
    return reply(data, _message(made, body.copy_results), 201)


def _message(made: Snapshot, copy_results: bool) -> str:
    if copy_results:
        return "Batch cloned; its results are being copied"
    return "Batch cloned and processing started" if made.desired is State.RUNNING else "Batch cloned"
