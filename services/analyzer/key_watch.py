"""What becomes of the keys: their states into the metrics, what operators want of them into the ring; and
what calls wait for, for whoever asks."""

import asyncio

from redis.asyncio import Redis

from services.analyzer.keys import KeyRing
from shared import key_states, metrics
from shared.key_states import KeyState
from shared.limited_by import Limits
from shared.logs import log
from shared.postgres import UNAVAILABLE as POSTGRES_UNAVAILABLE
from shared.postgres import Pool, statements_beside
from shared.redis import UNAVAILABLE as REDIS_UNAVAILABLE

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 2.0


class KeyWatch:
    def __init__(self, ring: KeyRing, redis: Redis, pool: Pool, limits: Limits) -> None:
        self._limits = limits
        self._ring = ring
        self._redis = redis
        self._pool = pool

    async def run(self) -> None:
        """Until cancelled. What can't be read stays as it was."""
        while True:
            try:
                await self.look()
            except (*REDIS_UNAVAILABLE, *POSTGRES_UNAVAILABLE) as error:
                log.warning("the states of the keys are not known", error=type(error).__name__)
            await asyncio.sleep(_EVERY_SECONDS)

    async def look(self) -> None:
        await self._limits.say()
        rows = await self._pool.fetch(_SQL["keys_left_out"])
        wanted = {row["fingerprint"]: KeyState(row["wanted"]) for row in rows}
        self._ring.leave_out(frozenset(wanted))
        told = await key_states.read(self._redis, self._ring.group_of)
        for print_, one in told.items():
            state = wanted.get(print_, one.state)
            for each in KeyState:
                metrics.KEY_STATE.labels(print_, each.value).set(each is state)
