"""What the analyzers wait for now: said by them, read by the gateway for whoever asks why a batch is slow,
and by ingest, which hands out more of a batch that hosts hold up."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis

_KEY = "limited-by:"
_REMEMBERED_SECONDS = 6


class LimitedBy(StrEnum):
    """The first that holds is what is told."""

    REDIS = "redis"  # it is away: no call is made
    PROVIDER = "provider"  # it is away
    KEYS = "keys"  # none may be used
    HOLD = "hold"  # the count of the quota was lost: a window is waited out
    QUOTA = "quota"  # all of it is used
    HOSTS = "hosts"  # of one batch: its pictures' hosts are slow, or are left alone


_HELD_UP = _KEY + LimitedBy.HOSTS
# What analyzers can say of all batches; that Redis is away is found by who asks it.
_SAID = (LimitedBy.PROVIDER, LimitedBy.KEYS, LimitedBy.HOLD, LimitedBy.QUOTA)


class Waits(NamedTuple):
    """What any analyzer waited for in the last seconds: for every batch, and whose hosts hold them up."""

    everywhere: LimitedBy | None = None
    held_up: frozenset[UUID] = frozenset()

    def of(self, batch_id: UUID) -> LimitedBy | None:
        return self.everywhere or (LimitedBy.HOSTS if batch_id in self.held_up else None)


class Limits:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._noted: set[LimitedBy] = set()
        self._held_up: set[UUID] = set()

    def note(self, why: LimitedBy) -> None:
        """To be told with the next `say`."""
        self._noted.add(why)

    def note_hosts(self, batches: set[UUID]) -> None:
        """Whose hosts hold them up now, likewise."""
        self._held_up = batches

    async def say(self) -> None:
        """To be repeated every few seconds."""
        noted, self._noted = self._noted, set()
        for why in noted:
            await self._redis.set(_KEY + why, 1, ex=_REMEMBERED_SECONDS)
        if self._held_up:
            await self._say_hosts()

    async def _say_hosts(self) -> None:
        """By Redis' clock, as others' clocks differ."""
        now, _ = await self._redis.time()
        async with self._redis.pipeline() as pipe:
            pipe.zadd(_HELD_UP, {str(batch): now for batch in self._held_up})
            pipe.zremrangebyscore(_HELD_UP, 0, now - _REMEMBERED_SECONDS)
            pipe.expire(_HELD_UP, _REMEMBERED_SECONDS)
            await pipe.execute()

    async def read(self) -> Waits:
        async with self._redis.pipeline() as pipe:
            pipe.mget([_KEY + why for why in _SAID])
            pipe.time()
            pipe.zrange(_HELD_UP, 0, -1, withscores=True)
            found, (now, _), held_up = await pipe.execute()
        everywhere = next((why for why, said in zip(_SAID, found, strict=True) if said), None)
        recent = (UUID(bytes.decode(batch)) for batch, at in held_up if at >= now - _REMEMBERED_SECONDS)
        return Waits(everywhere, frozenset(recent))
