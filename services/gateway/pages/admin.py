"""What admins look at, and what they do there: hand stuck work out again, take keys out of use."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from services.gateway import admin_queue, audit, keys, provider_keys
from services.gateway.context import Ctx
from services.gateway.errors import NotFound
from services.gateway.pages.render import page
from services.gateway.pages.system import SHOWN, keys_of_provider
from services.gateway.provider_keys import Action
from services.gateway.system_stats import queue_stats, read_counts

router = APIRouter(include_in_schema=False)
_SECONDS = 20.0


@router.get("/admin")
async def admin(ctx: Ctx) -> Response:
    async with ctx.pool.acquire(timeout=_SECONDS) as connection:
        known = await keys.list_all(connection)
    stuck = await admin_queue.stuck_jobs(ctx.pool)
    return page(
        "admin.html",
        stats={"queue_stats": queue_stats(await read_counts(ctx.pool))},
        keys=known[:SHOWN],
        key_count=len(known),
        of_provider=await keys_of_provider(ctx),
        entries=await audit.read(ctx.pool, audit.Wanted(), SHOWN),
        stuck=stuck[:SHOWN],
        stuck_count=len(stuck),
        hands_out=True,
    )


@router.post("/stuck/{job_id}/retry")
async def hand_out(ctx: Ctx, job_id: UUID) -> Response:
    """What has gone on by itself meanwhile is no more in the list."""
    try:
        await admin_queue.retry(ctx.pool, job_id)
    except NotFound:
        pass
    return _back("stuck")


@router.post("/provider-keys/{fingerprint}/{action}")
async def change_provider_key(ctx: Ctx, fingerprint: str, action: Action) -> Response:
    async with ctx.pool.acquire(timeout=_SECONDS) as connection:
        await provider_keys.change(connection, ctx.settings, fingerprint, action, "")
    return _back("provider")


@router.post("/keys/{key_id}/revoke")
async def revoke_key(ctx: Ctx, key_id: UUID) -> Response:
    async with ctx.pool.acquire(timeout=_SECONDS) as connection:
        await keys.revoke(connection, key_id)
    return _back("keys")


def _back(part: str) -> Response:
    return RedirectResponse(f"/admin#{part}", 303)
