"""How many slices the analyzers have room for: said by each, read by ingest."""

import time

from redis.asyncio import Redis

from shared.redis import raw

_KEY = "analyzers"
_ALIVE_SECONDS = 15.0


class Room:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def say(self, instance: str, slices: int) -> None:
        """To be repeated every few seconds; 0 on leaving."""
        await self._redis.hset(_KEY, instance, f"{slices} {time.time():.0f}")

    async def total(self) -> int:
        """The slices that all live analyzers can hold. A silent one is forgotten."""
        rows = await self._redis.hgetall(_KEY)
        now = time.time()
        said = {name: raw(row).decode().split() for name, row in rows.items()}
        dead = [name for name, (_, at) in said.items() if now - float(at) > _ALIVE_SECONDS]
        if dead:
            await self._redis.hdel(_KEY, *dead)
        return sum(int(slices) for name, (slices, _) in said.items() if name not in dead)
