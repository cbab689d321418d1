"""The whole system in numbers."""

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.context import Ctx
from services.gateway.replies import reply
from services.gateway.system_stats import rate_now, read_counts, stats

router = APIRouter(tags=["system"])


@router.get("/api/v1/system/stats")
async def system_stats(ctx: Ctx) -> Response:
    """Batches that lists show, all that was done for them, and the chunks that wait."""
    return reply(stats(await read_counts(ctx.pool), await rate_now(ctx.pool)))
