"""Decides that a batch's run has ended, from the counters of its chunks."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from shared.ends import end
from shared.events import BatchCompleted, BatchEnded, BatchFailed
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_SWEEP_SECONDS = 2.0
_NONE_SUCCEEDED = "no row succeeded"


class Endings:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def end_whole(self, batches: Collection[UUID] | None) -> None:
        """Ends those of `batches` (None: of all that run) whose every row has a result."""
        for whole in await self._pool.fetch(_SQL["whole"], batches):
            event = ending(whole, datetime.now(UTC))
            async with self._pool.acquire() as connection, connection.transaction():
                won = await end(connection, event)
            if won:
                log.info("batch ended", batch=str(event.batch_id), kind=type(event).__name__)

    async def end_whole_soon(self, batches: Collection[UUID]) -> None:
        """Like end_whole; while Postgres is away the sweep will do it."""
        try:
            await self.end_whole(batches)
        except UNAVAILABLE as error:
            log.warning("end left to the sweep", error=type(error).__name__)

    async def sweep_forever(self, stop: Stop) -> None:
        """Finds the ends that were missed: a kill between commit and check, or two members at once."""
        while not await stop.wait(_SWEEP_SECONDS):
            try:
                await self.end_whole(None)
            except UNAVAILABLE as error:
                log.warning("sweep waits for Postgres", error=type(error).__name__)


def ending(whole: asyncpg.Record, at: datetime) -> BatchEnded:
    """`completed` if at least one row succeeded, else `failed` (api-notes 16)."""
    kind = BatchCompleted if whole["successful"] else BatchFailed
    return kind(
        batch_id=whole["batch_id"],
        at=at,
        version=whole["version"],
        run=whole["run"],
        total_urls=whole["total_urls"],
        successful=whole["successful"],
        failed=whole["failed"],
        reason=None if whole["successful"] else _NONE_SUCCEEDED,
    )
