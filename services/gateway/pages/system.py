"""How the whole system stands."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway import provider_keys
from services.gateway.api.health import standing
from services.gateway.context import Ctx
from services.gateway.pages.chart import chart_of
from services.gateway.pages.render import page
from services.gateway.stuck import read_stuck
from services.gateway.system_stats import rate_now, read_counts, stats
from shared.postgres import statements_beside
from shared.redis import UNAVAILABLE as REDIS_AWAY

router = APIRouter(include_in_schema=False)
_SQL = statements_beside(__file__)
SHOWN = 50


@router.get("/system/status")
async def system_status(ctx: Ctx) -> Response:
    found = await read_stuck(ctx.pool)
    return page(
        "system.html",
        health=await standing(ctx),
        stats=stats(await read_counts(ctx.pool), await rate_now(ctx.pool)),
        chart=chart_of(await ctx.pool.fetch(_SQL["rates_hour"])),
        of_provider=await keys_of_provider(ctx),
        stuck=found[:SHOWN],
        stuck_count=len(found),
        hands_out=False,
    )


async def keys_of_provider(ctx: Ctx) -> list[dict[str, Any]] | None:
    """None while Redis is away: the pages have more to show."""
    try:
        return (await provider_keys.list_all(ctx.pool, ctx.redis, ctx.settings))[:SHOWN]
    except REDIS_AWAY:
        return None
