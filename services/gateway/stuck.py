"""Stuck work as clients see it: what the monitor wrote down."""

from typing import Any

from shared.postgres import Pool, statements_beside

_SQL = statements_beside(__file__)
# The monitor writes no more.
_MOST = 1_000


async def read_stuck(pool: Pool) -> list[dict[str, Any]]:
    """Slices, the oldest first: `batch_id`, `batch_name`, `chunk_number`, `first_row`, `since`,
    `age_seconds`, `why`."""
    return [dict(row) for row in await pool.fetch(_SQL["stuck_read"], _MOST)]
