"""How many slices the analyzers have room for: said by each, read by ingest. Told by Redis' clock."""

from redis.asyncio import Redis

from shared.redis import script

_KEY = "analyzers"
_ALIVE_SECONDS = 15


class Room:
    def __init__(self, redis: Redis) -> None:
        self._say = redis.register_script(script(__file__, "room_say"))
        self._total = redis.register_script(script(__file__, "room_total"))

    async def say(self, instance: str, slices: int) -> None:
        """To be repeated every few seconds; 0 on leaving."""
        await self._say(keys=[_KEY], args=[instance, slices])

    async def total(self) -> int:
        """The slices that all live analyzers can hold. A silent one is forgotten."""
        return int(await self._total(keys=[_KEY], args=[_ALIVE_SECONDS]))
