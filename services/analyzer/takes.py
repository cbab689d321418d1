"""Slices in hand, as Redis knows them: how often each was taken, and that it is being worked on.

The counter finds the slice that kills its process (rule 6); the heartbeat tells the monitor, which shows
stuck work, that a slice is slow. Nothing is decided by it.
"""

from collections.abc import Collection
from uuid import UUID

from redis.asyncio import Redis

_DAY_SECONDS = 86_400
_HEARTBEAT_SECONDS = 15
# From this take on a slice runs alone, row by row.
SUSPICIOUS = 3
# A row whose decoding was begun so often and never ended is a failed result.
GUILTY = 3


def _takes_key(slice_id: UUID) -> str:
    return f"takes:{slice_id}"


def _marks_key(slice_id: UUID) -> str:
    return f"marks:{slice_id}"


def heartbeat_key(slice_id: UUID) -> str:
    return f"slice:{slice_id}"


class Takes:
    def __init__(self, redis: Redis, instance: str) -> None:
        self._redis = redis
        self._instance = instance

    async def begin(self, slice_id: UUID) -> int:
        """Counts the take; returns which one it is, from 1."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.incr(_takes_key(slice_id))
            pipe.expire(_takes_key(slice_id), _DAY_SECONDS)
            pipe.set(heartbeat_key(slice_id), self._instance, ex=_HEARTBEAT_SECONDS)
            taken, *_ = await pipe.execute()
        return int(taken)

    async def beat(self, slices: Collection[UUID]) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for slice_id in slices:
                pipe.set(heartbeat_key(slice_id), self._instance, ex=_HEARTBEAT_SECONDS)
            await pipe.execute()

    async def end(self, slice_id: UUID) -> None:
        """The slice did not kill its process: it begins with a clean count when it comes again."""
        await self._redis.delete(_takes_key(slice_id), heartbeat_key(slice_id), _marks_key(slice_id))

    async def guilty(self, slice_id: UUID, row_no: int) -> bool:
        marks = await self._redis.hget(_marks_key(slice_id), str(row_no))
        return marks is not None and int(marks) >= GUILTY

    async def mark(self, slice_id: UUID, row_no: int, by: int) -> None:
        """+1 before the row's answer is decoded, -1 after: what stays was a death."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hincrby(_marks_key(slice_id), str(row_no), by)
            pipe.expire(_marks_key(slice_id), _DAY_SECONDS)
            await pipe.execute()
