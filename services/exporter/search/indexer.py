"""Indexes the words of results, a chunk a transaction, gently: results come first."""

import time
from uuid import UUID

from shared import metrics
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_IDLE_SECONDS = 2.0
_AT_ONCE = 50
# It rests four times as long as it works, so it takes a fifth of one core of Postgres at most.
_REST = 4.0


class Indexer:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self, stop: Stop) -> None:
        while not await stop.wait(_IDLE_SECONDS):
            try:
                while await self.round(stop):
                    pass
            except UNAVAILABLE as error:
                log.warning("indexing waits for Postgres", error=type(error).__name__)

    async def round(self, stop: Stop) -> bool:
        """Indexes some chunks; whether there may be more to do."""
        pending = await self._pool.fetch(_SQL["chunks_pending"], _AT_ONCE)
        for batch_id, chunk_no in pending:
            began = time.monotonic()
            await self.index(batch_id, chunk_no)
            if await stop.wait((time.monotonic() - began) * _REST):
                return False
        return len(pending) == _AT_ONCE

    async def index(self, batch_id: UUID, chunk_no: int) -> None:
        """As its results are now, if it is still to be indexed."""
        async with self._pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(_SQL["chunk_mark"], batch_id, chunk_no) is not None:
                await connection.execute(_SQL["chunk_index"], batch_id, chunk_no)
                metrics.CHUNKS_INDEXED.inc()
