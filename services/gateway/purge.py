"""Ends retentions, and removes what the gateway has of deleted batches when the other services are done."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from services.gateway.leftovers import remove
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 10.0
_BATCHES = 100
_ROWS = 5_000


class Purge:
    """`expire` deletes a batch if its retention is over still."""

    def __init__(self, pool: Pool, store: ObjectStore, expire: Callable[[UUID], Awaitable[bool]]) -> None:
        self._pool = pool
        self._store = store
        self._expire = expire

    async def run(self, stop: Stop) -> None:
        while not await stop.wait(_EVERY_SECONDS):
            try:
                await self.expire()
                await self.purge(stop)
            except (*UNAVAILABLE, BaseError) as error:
                log.warning("purge waits", error=type(error).__name__)

    async def expire(self) -> None:
        for row in await self._pool.fetch(_SQL["expired"], _BATCHES):
            if await self._expire(row["batch_id"]):
                log.info("retention over", batch=str(row["batch_id"]))

    async def purge(self, stop: Stop) -> None:
        for batch in await self._pool.fetch(_SQL["unpurged"], _BATCHES):
            if batch["retried"]:
                await self._forget_wanted(batch["batch_id"], batch["total_urls"], stop)
            if stop.asked:
                return
            if not await asyncio.to_thread(remove, self._store, batch["batch_id"]):
                continue
            await self._pool.execute(_SQL["purge_rest"], batch["batch_id"])
            if await self._purged(batch["batch_id"]):
                log.info("batch purged", batch=str(batch["batch_id"]))

    async def _purged(self, batch_id: UUID) -> bool:
        """False when results were stored at the last moment: the exporter has work again."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SQL["purge_lock"], batch_id)
            return bool(await connection.fetchval(_SQL["purged_set"], batch_id))

    async def _forget_wanted(self, batch_id: UUID, rows: int, stop: Stop) -> None:
        """A few thousand rows at a time, and half of the time at most."""
        for first in range(1, rows + 1, _ROWS):
            began = time.perf_counter()
            await self._pool.execute(_SQL["purge_wanted"], batch_id, first, first + _ROWS - 1)
            if await stop.wait(time.perf_counter() - began):
                return
