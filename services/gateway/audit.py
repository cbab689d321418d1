"""The audit log: what was done, by whom, from where. Its rows only ever come; a trigger refuses the rest."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from services.gateway import actor
from shared.postgres import Connection, Pool, statements_beside

_SQL = statements_beside(__file__)


class Wanted(NamedTuple):
    """Which rows: those before an id, and of one action, batch or key."""

    before: int | None = None
    action: str | None = None
    batch_id: UUID | None = None
    key_id: UUID | None = None


async def put(
    connection: Connection | Pool,
    action: str,
    batch_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
    outcome: str = "done",
) -> None:
    """Who asks is known (actor.py). Call it in the transaction of the change, so that both are there or none.
    `details` is small and holds no secret; `outcome` is done or refused."""
    who = actor.current()
    await connection.execute(
        _SQL["audit_put"],
        who.name,
        who.key_id,
        who.role,
        who.address,
        who.request_id,
        action,
        batch_id,
        outcome,
        json.dumps(details or {}),
    )


async def read(pool: Pool, wanted: Wanted, size: int) -> list[dict[str, Any]]:
    """Newest first."""
    rows = await pool.fetch(_SQL["audit_page"], *wanted, size)
    return [{**row, "details": json.loads(row["details"])} for row in rows]
