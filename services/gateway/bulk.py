"""One command on many batches: each as if it had been asked for alone, with a reply of its own."""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.gateway.commands import Command
from services.gateway.errors import ApiError, BatchNotFound
from services.gateway.faults import api_error_of
from services.gateway.handler import Handler
from shared.logs import log

# Each holds a connection of the pool, and others have requests, too.
_AT_ONCE = 8


async def act_on_all(handler: Handler, batch_ids: Iterable[str], command: Command) -> list[dict[str, Any]]:
    """In the order of the ids, each of them once. What fails is said in its place and stops no other."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def act(given: str, batch_id: UUID | None) -> dict[str, Any]:
        try:
            if batch_id is None:
                raise BatchNotFound(f"There is no batch {given[:50]!r}.")
            async with places:
                changed = await handler.control(batch_id, command)
        except Exception as raised:  # noqa: BLE001  # the end of this batch's part: its reply says so
            return _failed(given, api_error_of(raised))
        return {
            "batch_id": given,
            "success": True,
            "status": changed.after,
            "previous_status": changed.before,
            "changed": changed.changed,
        }

    return list(await asyncio.gather(*(act(*pair) for pair in distinct(batch_ids).items())))


def distinct(batch_ids: Iterable[str]) -> dict[str, UUID | None]:
    """The first spelling of each id, with None for what is none."""
    found: dict[str, UUID | None] = {}
    seen: set[UUID] = set()
    for given in batch_ids:
        batch_id = _id_of(given)
        if batch_id is None or batch_id not in seen:
            found.setdefault(given, batch_id)
        if batch_id is not None:
            seen.add(batch_id)
    return found


def _id_of(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _failed(given: str, error: ApiError) -> dict[str, Any]:
    if error.status >= 500:
        log.warning("one of many failed", batch=given[:50], status=error.status, detail=error.message)
    return {"batch_id": given, "success": False, "error": error.message, "error_type": error.error_type}
