"""How the whole system stands, and what admins look at."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway import audit, keys, provider_keys
from services.gateway.api.health import standing
from services.gateway.context import Ctx
from services.gateway.pages.render import page
from services.gateway.stuck import read_stuck
from services.gateway.system_stats import rate_now, read_counts, stats
from shared.redis import UNAVAILABLE as REDIS_AWAY

router = APIRouter(include_in_schema=False)
_SECONDS = 20.0
_SHOWN = 50


@router.get("/system/status")
async def system_status(ctx: Ctx) -> Response:
    values = {"health": await standing(ctx), **await _work(ctx)}
    return page("system.html", **values)


@router.get("/admin")
async def admin(ctx: Ctx) -> Response:
    async with ctx.pool.acquire(timeout=_SECONDS) as connection:
        known = await keys.list_all(connection)
    done = await audit.read(ctx.pool, audit.Wanted(), _SHOWN)
    of_provider = await _of_provider(ctx)
    return page("admin.html", keys=known[:_SHOWN], of_provider=of_provider, entries=done, **await _work(ctx))


async def _of_provider(ctx: Ctx) -> list[dict[str, Any]] | None:
    """None while Redis is away: the page has more to show."""
    try:
        return (await provider_keys.list_all(ctx.pool, ctx.redis, ctx.settings))[:_SHOWN]
    except REDIS_AWAY:
        return None


async def _work(ctx: Ctx) -> dict[str, Any]:
    """What the API says of the queue and of stuck work."""
    found = stats(await read_counts(ctx.pool), await rate_now(ctx.pool))
    stuck = await read_stuck(ctx.pool)
    return {"stats": found, "stuck": stuck[:_SHOWN], "stuck_count": len(stuck)}
