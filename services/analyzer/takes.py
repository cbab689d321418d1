"""Slices in hand, as Redis knows them: how often each was taken, and that it is being worked on.

Who took a slice and died finds the slice that kills its process (rule 6); who took it and lives is only slow:
a slice is read again after a rebalance while another works on it. The heartbeat tells the monitor, which
shows stuck work, that a slice is in hand. Nothing is decided by it.
"""

from collections.abc import Collection
from uuid import UUID, uuid4

from redis.asyncio import Redis

from services.analyzer.suspects import marks_key
from shared.heartbeats import heartbeat_key
from shared.redis import script

_DAY_SECONDS = 86_400
_HEARTBEAT_SECONDS = 15
_ALIVE = "alive:"
# From this take on its rows are suspects (suspects.py).
SUSPICIOUS = 3


def takers_key(slice_id: UUID) -> str:
    """A hash: run -> its instance, of those who took the slice and did not end it."""
    return f"takers:{slice_id}"


class Takes:
    """Of one run of a process."""

    def __init__(self, redis: Redis, instance: str) -> None:
        self._redis = redis
        self._instance = instance
        self._run = uuid4().hex
        self._take = redis.register_script(script(__file__, "take"))

    async def begin(self, slice_id: UUID) -> int:
        """Which take it is, from 1: those that ended in the process' death, and this one. A death is seen
        up to 15 s late, unless the instance is back before."""
        keys = [takers_key(slice_id), heartbeat_key(slice_id), _ALIVE]
        return int(
            await self._take(
                args=[*keys, self._instance, self._run, str(_HEARTBEAT_SECONDS), str(_DAY_SECONDS)]
            )
        )

    async def beat(self, slices: Collection[UUID]) -> None:
        """To be called more often than the heartbeats run out, also with nothing in hand."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(_ALIVE + self._instance, self._run, ex=_HEARTBEAT_SECONDS)
            for slice_id in slices:
                pipe.set(heartbeat_key(slice_id), self._instance, ex=_HEARTBEAT_SECONDS)
            await pipe.execute()

    async def end(self, slice_id: UUID) -> None:
        """The slice did not kill its process: it begins with a clean count when it comes again."""
        await self._redis.delete(takers_key(slice_id), heartbeat_key(slice_id), marks_key(slice_id))
