"""What becomes of the keys: their states and their groups' quota into the metrics, what operators want of
them into the ring; and what calls wait for, for whoever asks."""

import asyncio
from collections.abc import Mapping

from redis.asyncio import Redis

from services.analyzer.keys import KeyRing
from shared import key_states, metrics
from shared.key_states import KeyState, Told
from shared.limited_by import Limits
from shared.logs import log
from shared.postgres import UNAVAILABLE as POSTGRES_UNAVAILABLE
from shared.postgres import Pool, statements_beside
from shared.redis import UNAVAILABLE as REDIS_UNAVAILABLE

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 2.0
_USABLE = (KeyState.OK, KeyState.PROBING, KeyState.COOLING)


class KeyWatch:
    """`calls`: what a group may make in a window; 0: there is no quota."""

    def __init__(self, ring: KeyRing, redis: Redis, pool: Pool, limits: Limits, calls: int) -> None:
        self._calls = calls
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
        groups = self._ring.group_of
        told = await key_states.read(self._redis, groups)
        now = {print_: one._replace(state=wanted.get(print_, one.state)) for print_, one in told.items()}
        self._show(now, groups)

    def _show(self, told: Mapping[str, Told], groups: Mapping[str, str]) -> None:
        """Keys and groups that are gone leave the metrics: a bad key that was removed must not alarm."""
        for metric in (metrics.KEY_STATE, metrics.QUOTA_USED, metrics.QUOTA_LIMIT):
            metric.clear()
        limits: dict[str, int] = {}
        for print_, one in told.items():
            group = groups[print_]
            for each in KeyState:
                metrics.KEY_STATE.labels(print_, group, each.value).set(each is one.state)
            may = min(self._calls, one.limit or self._calls) if one.state in _USABLE else 0
            limits[group] = max(may, limits.get(group, 0))
            metrics.QUOTA_USED.labels(group).set(one.used)
        for group, limit in limits.items():
            metrics.QUOTA_LIMIT.labels(group).set(limit)
