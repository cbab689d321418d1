"""Work that is past its deadline and in nobody's hands, with why: shown to those on call.

It is for looking only: what is lost, ingest proves by itself and hands out again, whatever its age.
"""

from typing import NamedTuple

import asyncpg
from redis.asyncio import Redis

from shared import metrics
from shared.heartbeats import heartbeat_key
from shared.ids import slice_id
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.redis import UNAVAILABLE as REDIS_UNAVAILABLE
from shared.room import Room
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_LOOK_SECONDS = 5.0
# Many times the seconds that a slice waits for its turn and its results for the exporter, where quota
# does not bind. A slice in hand has no deadline: quota or slow hosts may hold it for long.
_DEADLINE_SECONDS = 120.0
_MOST = 1_000


class Signs(NamedTuple):
    """What is known of a slice past its deadline. `room` is what all live analyzers can hold."""

    finished: bool
    dispatch: int
    missing: int
    room: int


def why(signs: Signs) -> str:
    if signs.missing == 0:
        return "all rows have their results; the book has not noticed"
    if signs.finished:
        return f"reported finished, but {signs.missing} rows have no result"
    if signs.room == 0:
        return "no analyzer is there to take it"
    return f"waits for an analyzer that takes it (dispatch {signs.dispatch})"


class StuckWork:
    def __init__(self, pool: Pool, redis: Redis, deadline_seconds: float = _DEADLINE_SECONDS) -> None:
        self._pool = pool
        self._redis = redis
        self._room = Room(redis)
        self._deadline_seconds = deadline_seconds

    async def look_forever(self, stop: Stop) -> None:
        while not await stop.wait(_LOOK_SECONDS):
            try:
                await self.look()
            except (*UNAVAILABLE, *REDIS_UNAVAILABLE) as error:
                log.warning("stuck work not looked at", error=type(error).__name__)

    async def look(self) -> int:
        """Writes what is stuck now; how many slices that is."""
        overdue = await self._pool.fetch(_SQL["slices_overdue"], self._deadline_seconds, _MOST)
        rows = await self._in_no_hands(overdue)
        reasons = await self._reasons(rows)
        keys = ("batch_id", "chunk_no", "first_row", "since")
        batches, chunks, firsts, since = ([row[key] for row in rows] for key in keys)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SQL["stuck_keep"], batches, chunks, firsts, since, reasons)
            await connection.execute(_SQL["stuck_drop"], batches, firsts)
        metrics.STUCK_SLICES.set(len(rows))
        metrics.MEASURED.labels("stuck").set_to_current_time()
        return len(rows)

    async def _reasons(self, rows: list[asyncpg.Record]) -> list[str]:
        if not rows:
            return []
        room = await self._room.total()
        return [why(Signs(row["finished"], row["dispatch"], row["missing"], room)) for row in rows]

    async def _in_no_hands(self, rows: list[asyncpg.Record]) -> list[asyncpg.Record]:
        if not rows:
            return []
        keys = [heartbeat_key(slice_id(row["batch_id"], row["first_row"])) for row in rows]
        hearts = await self._redis.mget(keys)
        return [row for row, heart in zip(rows, hearts, strict=True) if heart is None]
