"""Removes files of exports that expired, failed or are not wanted any more, and counts those that wait."""

import asyncio

from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from shared import metrics
from shared.blobs import remove_folder
from shared.exporting import folder_of
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 10.0
_AT_ONCE = 100


class Sweep:
    def __init__(self, pool: Pool, store: ObjectStore) -> None:
        self._pool = pool
        self._store = store

    async def run(self, stop: Stop) -> None:
        while not await stop.wait(_EVERY_SECONDS):
            try:
                await self.sweep()
                await self._count()
            except (*UNAVAILABLE, BaseError) as error:
                log.warning("sweep of exports waits", error=type(error).__name__)

    async def sweep(self) -> None:
        """The file goes before its row says so: a crash between the two repeats it."""
        for row in await self._pool.fetch(_SQL["unwanted"], _AT_ONCE):
            if not await asyncio.to_thread(remove_folder, self._store, folder_of(row["export_id"])):
                continue
            await self._pool.execute(_SQL["forget" if row["gone"] else "removed"], row["export_id"])
            log.info("export removed", export=str(row["export_id"]))

    async def _count(self) -> None:
        counted = await self._pool.fetchrow(_SQL["census"])
        for state in ("running", "queued"):
            metrics.EXPORT_JOBS.labels(state).set(counted[state])
        metrics.EXPORT_JOBS_WAIT.set(counted["oldest"])
