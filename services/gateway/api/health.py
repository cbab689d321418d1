"""Is everything that the system needs there, and how is it set up."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.context import Context, Ctx
from services.gateway.replies import envelope, json_reply
from services.gateway.settings import GatewaySettings
from shared.ops import Check

router = APIRouter(tags=["system"])
_CHECK_SECONDS = 3.0


@router.get("/api/v1/health")
async def health(ctx: Ctx) -> Response:
    """503 with the same body when a dependency is down."""
    checks = checks_of(ctx)
    answers = await asyncio.gather(*(_answers(check) for check in checks.values()))
    data: dict[str, Any] = {
        "status": "healthy" if all(answers) else "unhealthy",
        **{name: "connected" if ok else "disconnected" for name, ok in zip(checks, answers, strict=True)},
        "config": _config(ctx.settings),
    }
    return json_reply(envelope(data, success=all(answers)), 200 if all(answers) else 503)


def checks_of(ctx: Context) -> dict[str, Check]:
    return {
        "database": lambda: ctx.pool.fetchval("select 1"),
        "redis": ctx.redis.ping,
        "kafka": ctx.producer.ping,
    }


async def _answers(check: Check) -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except Exception:  # a probe's failure is its answer
        return False
    return True


def _config(settings: GatewaySettings) -> dict[str, int]:
    return {
        "chunk_size": settings.chunk_size,
        "max_concurrent_batches": settings.max_concurrent_batches,
        "max_concurrent_workers": settings.max_concurrent_workers,
        "max_concurrent_requests": settings.max_concurrent_requests,
        "max_upload_mb": settings.max_upload_mb,
        "api_keys_count": keys_count(settings.vision_api_keys, settings.vision_api_keys_file),
    }


def keys_count(inline: str, path: str) -> int:
    """Distinct keys of `key,key` or `group:key,…`, and of a file with one a line. Only their number leaves."""
    parts = inline.split(",")
    if path:
        try:
            parts += Path(path).read_text().splitlines()
        except OSError:
            pass
    keys = {part.strip().rpartition(":")[2] for part in parts if not part.strip().startswith("#")}
    return len(keys - {""})
