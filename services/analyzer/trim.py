"""Keeps the result cache within CACHE_MAX_MB: what would end first goes first.

Redis evicts nothing, or the quota's slots and leases could go (rule 5). What was answered in the last hour
stays whatever its size, for a slice that comes again must find what was paid for (rule 2): so the bound is
CACHE_MAX_MB or an hour's answers, whichever is more."""

import asyncio

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from shared import metrics
from shared.logs import log
from shared.redis import UNAVAILABLE, script

_LOOK_SECONDS = 10.0
_YOUNG_SECONDS = 3_600
# Down to this part of the bound, so that all keys are walked through once in a while only.
_TARGET = 0.9
_STEP_KEYS = 500  # 1 ms of Redis
_SAMPLE = 2_000
_PAUSE_SECONDS = 0.01
_ALONE = "cache:trim"
_ALONE_SECONDS = 60


def horizon_of(sample: list[int], used: int, most: int, ttl_seconds: int) -> int:
    """What ends in fewer ms than this goes, by a `sample` of the ms that entries have left."""
    excess = 1 - _TARGET * most / used
    wanted = sorted(sample)[min(len(sample) - 1, int(len(sample) * excess))] if sample else 0
    return max(0, min(wanted, (ttl_seconds - _YOUNG_SECONDS) * 1_000))


class Trimmer:
    """`most` in bytes, of all that Redis holds; beside the cache that is little."""

    def __init__(self, redis: Redis, most: int, ttl_hours: int) -> None:
        self._redis = redis
        self._most = most
        self._ttl_seconds = ttl_hours * 3_600
        self._step = redis.register_script(script(__file__, "trim"))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.trim()
            except UNAVAILABLE as error:
                log.warning("the cache is not trimmed", error=type(error).__name__)

    async def trim(self) -> int:
        """How many entries went; one analyzer at a time does it."""
        memory = await self._redis.info("memory")
        used = int(memory["used_memory"])
        metrics.REDIS_USED.set(used)
        metrics.REDIS_LIMIT.set(int(memory["maxmemory"]) or int(memory["total_system_memory"]))
        if used <= self._most or not await self._alone():
            return 0
        horizon = horizon_of(await self._sample(), used, self._most, self._ttl_seconds)
        gone = await self._walk(horizon) if horizon else 0
        metrics.CACHE_TRIMMED.inc(gone)
        log.info("the cache was trimmed", entries=gone, mb=used >> 20, most_mb=self._most >> 20)
        return gone

    async def _alone(self) -> bool:
        """A second one would do no harm: a Redis that is full takes no mark, and needs room most."""
        try:
            return bool(await self._redis.set(_ALONE, 1, nx=True, ex=_ALONE_SECONDS))
        except OutOfMemoryError:
            return True

    async def _sample(self) -> list[int]:
        sample: list[int] = []
        cursor = b"0"
        while len(sample) < _SAMPLE:
            cursor, _, left = await self._step(args=[cursor, _STEP_KEYS, 0])
            sample += left
            if cursor == b"0":
                break
        return sample

    async def _walk(self, horizon: int) -> int:
        cursor, gone = b"0", 0
        while True:
            cursor, more, _ = await self._step(args=[cursor, _STEP_KEYS, horizon])
            gone += int(more)
            if cursor == b"0":
                return gone
            await asyncio.sleep(_PAUSE_SECONDS)
