"""Decides that a batch's run has ended, from the counters of its chunks."""

import itertools
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from shared.ends import end
from shared.events import BatchCompleted, BatchEnded, BatchFailed
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_SWEEP_SECONDS = 2.0
# A look at 100,000 ended batches takes 0.18 s on a busy machine, so those older than a day are looked at
# once a minute only.
_YOUNG = timedelta(days=1)
_SWEEPS_OF_YOUNG = 30
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NONE_SUCCEEDED = "no row succeeded"


class Endings:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def end_whole(self, batches: Collection[UUID]) -> None:
        """Ends those whose every row has a result. While Postgres is away, the sweep will do it."""
        try:
            await self._end(await self._pool.fetch(_SQL["whole_of"], batches))
        except UNAVAILABLE as error:
            log.warning("end left to the sweep", error=type(error).__name__)

    async def sweep(self, since: datetime = _EVER) -> None:
        """The same for all batches made since then."""
        await self._end(await self._pool.fetch(_SQL["whole_since"], since))

    async def sweep_forever(self, stop: Stop) -> None:
        """Finds the ends that were missed: a kill between commit and check, or two members at once."""
        for number in itertools.count():
            if await stop.wait(_SWEEP_SECONDS):
                return
            young = datetime.now(UTC) - _YOUNG
            try:
                await self.sweep(young if number % _SWEEPS_OF_YOUNG else _EVER)
            except UNAVAILABLE as error:
                log.warning("sweep waits for Postgres", error=type(error).__name__)

    async def _end(self, whole: Iterable[asyncpg.Record]) -> None:
        for batch in whole:
            event = ending(batch, datetime.now(UTC))
            async with self._pool.acquire() as connection, connection.transaction():
                won = await end(connection, event)
            if won:
                log.info("batch ended", batch=str(event.batch_id), kind=type(event).__name__)


def ending(whole: asyncpg.Record, at: datetime) -> BatchEnded:
    """`completed` if at least one row succeeded, else `failed`."""
    kind = BatchCompleted if whole["successful"] else BatchFailed
    return kind(
        batch_id=whole["batch_id"],
        at=at,
        version=whole["version"],
        run=whole["run"],
        total_urls=whole["total_urls"],
        successful=whole["successful"],
        failed=whole["failed"],
        attempts=whole["attempts"],
        reason=None if whole["successful"] else _NONE_SUCCEEDED,
    )
