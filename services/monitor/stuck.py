"""Work that is past its deadline, with why: shown to those on call. Ingest hands it out again."""

from typing import NamedTuple

import asyncpg
from redis.asyncio import Redis

from shared import metrics
from shared.ids import slice_id
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.redis import UNAVAILABLE as REDIS_UNAVAILABLE
from shared.room import Room
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_LOOK_SECONDS = 5.0
# Twice what ingest waits before it hands a silent slice out again.
_DEADLINE_SECONDS = 120.0
_MOST = 1_000


class Signs(NamedTuple):
    """What is known of a slice past its deadline. `held`: an analyzer says that it has it in hand."""

    finished: bool
    dispatch: int
    missing: int
    held: bool
    room: int


def why(signs: Signs) -> str:
    if signs.missing == 0:
        return "all rows have their results; the book has not noticed"
    if signs.finished:
        return f"reported finished, but {signs.missing} rows have no result"
    if signs.held:
        return f"an analyzer still works on it: {signs.missing} rows to go"
    if signs.room == 0:
        return "no analyzer is there to take it"
    return f"handed out {signs.dispatch} times, nobody works on it"


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
        rows = await self._pool.fetch(_SQL["slices_overdue"], self._deadline_seconds, _MOST)
        reasons = await self._reasons(rows)
        keys = ("batch_id", "chunk_no", "first_row", "since")
        batches, chunks, firsts, since = ([row[key] for row in rows] for key in keys)
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SQL["stuck_keep"], batches, chunks, firsts, since, reasons)
            await connection.execute(_SQL["stuck_drop"], batches, firsts)
        metrics.STUCK_SLICES.set(len(rows))
        return len(rows)

    async def _reasons(self, rows: list[asyncpg.Record]) -> list[str]:
        if not rows:
            return []
        room = await self._room.total()
        hearts = await self._redis.mget(
            [f"slice:{slice_id(row['batch_id'], row['first_row'])}" for row in rows]
        )
        return [
            why(Signs(row["finished"], row["dispatch"], row["missing"], heart is not None, room))
            for row, heart in zip(rows, hearts, strict=True)
        ]
