"""What is to be learnt from a batch's failed rows."""

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.api.ids import BatchId
from services.gateway.context import Ctx
from services.gateway.error_report import read_counts, read_examples, report
from services.gateway.replies import reply
from services.gateway.snapshot import read_batch

router = APIRouter(tags=["analytics"])


@router.get("/{batch_id}/analyze")
async def analyze(ctx: Ctx, batch_id: BatchId) -> Response:
    """Failed rows by category and class, with an example of each class and what to do."""
    await read_batch(ctx.pool, batch_id)
    counts = await read_counts(ctx.pool, batch_id)
    return reply(report(counts, await read_examples(ctx.pool, batch_id, counts)))
