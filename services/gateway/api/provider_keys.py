"""The provider's keys, for admins: their states, and taking one out of use. They come by settings alone."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway import provider_keys
from services.gateway.context import Ctx
from services.gateway.json_body import json_body
from services.gateway.provider_keys import Action
from services.gateway.replies import reply
from shared.wire import clean_text

router = APIRouter(prefix="/admin/provider-keys", tags=["access"])
_SECONDS = 20.0


class KeyChange(msgspec.Struct, frozen=True):
    """`reason` is shown to who asks for the key's state."""

    reason: str = ""


@router.get("")
async def list_provider_keys(ctx: Ctx) -> Response:
    """By fingerprint; and the last changes that the provider caused, newest first."""
    keys = await provider_keys.list_all(ctx.pool, ctx.redis, ctx.settings)
    return reply({"keys": keys, "count": len(keys), "events": await provider_keys.events(ctx.redis)})


@router.post("/{fingerprint}/pause")
async def pause_provider_key(ctx: Ctx, fingerprint: str, request: Request) -> Response:
    """It gets no call from two seconds later on."""
    return await _change(ctx, fingerprint, Action.PAUSE, request)


@router.post("/{fingerprint}/resume")
async def resume_provider_key(ctx: Ctx, fingerprint: str, request: Request) -> Response:
    """A paused key is used again."""
    return await _change(ctx, fingerprint, Action.RESUME, request)


@router.post("/{fingerprint}/retire")
async def retire_provider_key(ctx: Ctx, fingerprint: str, request: Request) -> Response:
    """It is never used again, also where it still stands in the settings."""
    return await _change(ctx, fingerprint, Action.RETIRE, request)


async def _change(ctx: Any, fingerprint: str, action: Action, request: Request) -> Response:
    body = await json_body(request, KeyChange)
    async with ctx.pool.acquire(timeout=_SECONDS) as connection:
        reason = clean_text(body.reason)
        wanted = await provider_keys.change(connection, ctx.settings, fingerprint, action, reason)
    data = {"fingerprint": fingerprint, "wanted": wanted or "used"}
    return reply(data, "The analyzers know it within 2 seconds")
