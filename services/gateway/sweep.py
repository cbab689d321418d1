"""Deletes blobs that never became a batch: a kill in the middle of an upload, a commit that failed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from services.gateway.leftovers import Leftover, batches_in, look, remove
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 3_600.0
_PASS_SECONDS = 300.0
# An upload takes an hour at most, and its commit 20 s.
_AGE = timedelta(days=1)
_AT_MOST = 1_000


class Sweep:
    def __init__(self, pool: Pool, store: ObjectStore) -> None:
        self._pool = pool
        self._store = store

    async def run(self, stop: Stop) -> None:
        while not await stop.wait(_EVERY_SECONDS):
            try:
                async with asyncio.timeout(_PASS_SECONDS):
                    await self.sweep(datetime.now(UTC) - _AGE)
            except (*UNAVAILABLE, BaseError) as error:
                log.warning("sweep of blobs waits", error=type(error).__name__)

    async def sweep(self, before: datetime) -> None:
        """Deletes what is older than `before` and has no batch; at most 1,000 uploads are looked at."""
        listed = await asyncio.to_thread(batches_in, self._store)
        known = set(await self._pool.fetchval(_SQL["batches_known"], listed))
        unknown = [batch_id for batch_id in listed if batch_id not in known]
        found = await asyncio.to_thread(self._look, unknown[:_AT_MOST])
        doomed = doomed_of(found, len(known), before)
        await asyncio.to_thread(self._remove, doomed)
        if found:
            log.info("blobs without a batch", found=len(found), deleted=len(doomed))

    def _look(self, batches: Sequence[UUID]) -> list[Leftover]:
        return [look(self._store, batch_id) for batch_id in batches]

    def _remove(self, batches: Sequence[UUID]) -> None:
        for batch_id in batches:
            remove(self._store, batch_id)


def doomed_of(found: Sequence[Leftover], known: int, before: datetime) -> list[UUID]:
    """None where more files have no batch than have one: that is a database that was lost, or another's."""
    old = [one for one in found if one.newest < before]
    return [] if sum(not one.empty for one in old) > known else [one.batch_id for one in old]
