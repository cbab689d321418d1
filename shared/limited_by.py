"""What the analyzers wait for now: said by them, read by the gateway for whoever asks why a batch is slow."""

from enum import StrEnum

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


# What analyzers can say; that Redis is away is found by who asks it.
_SAID = (LimitedBy.PROVIDER, LimitedBy.KEYS, LimitedBy.HOLD, LimitedBy.QUOTA)


class Limits:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._noted: set[LimitedBy] = set()

    def note(self, why: LimitedBy) -> None:
        """To be told with the next `say`."""
        self._noted.add(why)

    async def say(self) -> None:
        """To be repeated every few seconds."""
        noted, self._noted = self._noted, set()
        for why in noted:
            await self._redis.set(_KEY + why, 1, ex=_REMEMBERED_SECONDS)

    async def read(self) -> LimitedBy | None:
        """What any analyzer waited for in the last seconds."""
        found = await self._redis.mget([_KEY + why for why in _SAID])
        return next((why for why, said in zip(_SAID, found, strict=True) if said), None)
