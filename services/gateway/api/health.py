"""Is everything that the system needs there, and how is it set up."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.context import Context, Ctx
from services.gateway.replies import envelope, json_reply, reply
from services.gateway.settings import GatewaySettings

router = APIRouter(tags=["system"])


@router.get("/api/v1/ping")
async def ping() -> Response:
    """Asks nothing of anything else: is this process there."""
    return reply({"pong": True})


@router.get("/api/v1/health")
async def health(ctx: Ctx, request: Request) -> Response:
    """503 with the same body when a dependency is down."""
    found = {**await standing(ctx), "version": request.app.version}
    well = found["status"] == "healthy"
    return json_reply(envelope(found, success=well), 200 if well else 503)


async def standing(ctx: Context) -> dict[str, Any]:
    failing = await ctx.health.failing()
    return {
        "status": "unhealthy" if failing else "healthy",
        **{name: "disconnected" if name in failing else "connected" for name in ctx.health.checks},
        "config": health_config(ctx.settings),
    }


def health_config(settings: GatewaySettings) -> dict[str, int]:
    return {
        "chunk_size": settings.chunk_size,
        "max_concurrent_batches": settings.max_concurrent_batches,
        "max_concurrent_workers": settings.max_concurrent_workers,
        "max_concurrent_requests": settings.max_concurrent_requests,
        "max_upload_mb": settings.max_upload_mb,
        "api_keys_count": len({secret for _, secret in settings.named_keys}),
    }
