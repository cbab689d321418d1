"""API keys and the audit log, for admins."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.gateway import audit, keys
from services.gateway.context import Ctx
from services.gateway.errors import ValidationError
from services.gateway.json_body import json_body
from services.gateway.replies import reply
from shared.wire import clean_text

router = APIRouter(prefix="/admin", tags=["access"])
_SECONDS = 20.0
_MOST = 100
PositiveId = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


class NewKey(msgspec.Struct, frozen=True):
    """`role` is viewer, operator or admin; `name` says who or what the key is for."""

    name: str
    role: str


@router.post("/keys")
async def create_key(ctx: Ctx, request: Request) -> Response:
    """The reply holds the key; it is not shown again."""
    wanted = await json_body(request, NewKey)
    if not ctx.settings.auth_secret:
        raise ValidationError("Keys need the setting AUTH_SECRET; the gateway was started without it.")
    name, role = keys.name_of(wanted.name), keys.role_of(wanted.role)
    async with ctx.pool.acquire(timeout=_SECONDS) as connection:
        made = await keys.create(connection, ctx.settings.auth_secret, name, role)
    return reply({"key": made.key, **made.info._asdict()}, "Keep the key: it is not shown again", 201)


@router.get("/keys")
async def list_keys(ctx: Ctx) -> Response:
    async with ctx.pool.acquire(timeout=_SECONDS) as connection:
        found = await keys.list_all(connection)
    return reply({"keys": [info._asdict() for info in found], "count": len(found)})


@router.delete("/keys/{key_id}")
async def revoke_key(ctx: Ctx, key_id: UUID) -> Response:
    async with ctx.pool.acquire(timeout=_SECONDS) as connection:
        revoked = await keys.revoke(connection, key_id)
    return reply(revoked._asdict(), "The key stops working within 2 seconds")


@router.get("/audit")
async def read_audit(
    ctx: Ctx,
    before: PositiveId = None,
    action: str | None = None,
    batch_id: UUID | None = None,
    key_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1)] = 50,
) -> Response:
    """Newest first; `next_before` of one page is `before` of the next, null on the last."""
    wanted = audit.Wanted(before, clean_text(action) if action else None, batch_id, key_id)
    size = min(limit, _MOST)
    found: list[dict[str, Any]] = await audit.read(ctx.pool, wanted, size)
    next_before = found[-1]["id"] if len(found) == size else None
    return reply({"entries": found, "count": len(found), "next_before": next_before})
