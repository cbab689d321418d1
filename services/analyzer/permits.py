"""Permits for calls: one Lua script decides on quota, batch state and image leases at once.

Redis lost or its clock stepped: the calls of the last window are unknown, so everything counts as
taken for a window and a deadline (rule 5). Redis unreachable: no permit, no call.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from services.analyzer.cache import ImageCache
from services.analyzer.keys import KeyRing
from services.analyzer.pending import PendingImage
from shared import desired
from shared.limited_by import LimitedBy
from shared.logs import log
from shared.postgres import Pool, statements_beside
from shared.redis import script

_SQL = statements_beside(__file__)
_MAX_DRIFT_MS = 2_000
# An advisory lock's number is the whole database's: migrations and ingest's starts have others.
_FIRST_EPOCH_LOCK = 7_264_981_339


class Quota(NamedTuple):
    """Of a group: calls and images in any `window` seconds, as the provider counts them; 0: no limit."""

    calls: int
    images: int
    window: float


class Go(NamedTuple):
    """The call may be made now, with the key of this fingerprint."""

    group: str
    fingerprint: str


class Wait(NamedTuple):
    """`why`: None where calls in flight are waited for, or nothing that lasts."""

    seconds: float
    why: LimitedBy | None = None


class Repack(NamedTuple):
    """A letter an image: y goes, l lease lost, p its batch does not run, u its state is unknown."""

    flags: str


Verdict = Go | Wait | Repack


class Permits:
    """`deadline`: the longest that a call may take, in seconds."""

    def __init__(
        self,
        redis: Redis,
        pool: Pool,
        cache: ImageCache,
        keys: KeyRing,
        instance: str,
        quota: Quota,
        deadline: float,
    ) -> None:
        self._redis = redis
        self._pool = pool
        self._cache = cache
        self._keys = keys
        self._instance = instance
        self._quota = quota
        self._window_ms = round(quota.window * 1_000)
        self._deadline_ms = round(deadline * 1_000)
        self._permit = redis.register_script(script(__file__, "permit"))
        self._adopt = redis.register_script(script(__file__, "adopt"))
        self._offset_ms: float | None = None

    async def ask(self, call_id: str, images: Sequence[PendingImage]) -> Verdict:
        """One round trip, but for the rare moments when the count begins anew. `call_id` ends in ":" and the
        number of images."""
        if self._offset_ms is None:
            self._offset_ms = (await self._clock())[0]
        answer = await self._permit(args=self._arguments(call_id, images, self._offset_ms))
        match answer[0]:
            case b"go":
                return Go(answer[1].decode(), answer[2].decode())
            case b"repack":
                return Repack(answer[1].decode())
            case b"wait":
                why = answer[2].decode()
                return Wait(int(answer[1]) / 1_000, None if why == "busy" else LimitedBy(why))
            case b"epoch":
                await self._begin_epoch(answer[1].decode())
            case b"drift":
                await self._look_at_clock()
        return Wait(0.0)

    def _arguments(
        self, call_id: str, images: Sequence[PendingImage], offset_ms: float
    ) -> list[str | int | float]:
        arguments: list[str | int | float] = [
            self._instance,
            call_id,
            round(time.monotonic() * 1_000),
            round(offset_ms),
            self._window_ms,
            self._deadline_ms,
            self._quota.calls,
            self._quota.images,
            len(self._keys.groups),
        ]
        for group, fingerprints in self._keys.groups.items():
            arguments += (group, len(fingerprints), *fingerprints)
        for image in images:
            arguments += (
                self._cache.lease_key(image.content_hash),
                desired.key(image.wanted.batch_id),
                image.wanted.version,
            )
        return arguments

    async def _clock(self) -> tuple[float, float]:
        """The lowest and the highest that Redis' clock can be ahead of the monotonic one, in ms."""
        before = time.monotonic() * 1_000
        seconds, micros = await self._redis.time()
        after = time.monotonic() * 1_000
        now = seconds * 1_000 + micros / 1_000
        return now - after, now - before

    async def _look_at_clock(self) -> None:
        """A late delivery looks like drift, too; only a clock that did step begins the count anew."""
        low, high = await self._clock()
        before, self._offset_ms = self._offset_ms or low, low
        if low - before > _MAX_DRIFT_MS or before - high > _MAX_DRIFT_MS:
            log.warning("the clock of Redis stepped; calls are held", ms=round(low - before))
            run_id = (await self._redis.info("server"))["run_id"]
            await self._adopt(args=[run_id, self._window_ms + self._deadline_ms, "1", *self._keys.groups])

    async def _begin_epoch(self, run_id: str) -> None:
        """Only Postgres can tell a first start, where nothing was ever counted, from a loss."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _FIRST_EPOCH_LOCK)
            counted = await connection.fetchval(_SQL["epochs_count"])
            await connection.execute(_SQL["epoch_put"], run_id)
            hold_ms = self._window_ms + self._deadline_ms if counted else 0
            adopted = await self._adopt(args=[run_id, hold_ms, "0", *self._keys.groups])
        if adopted and hold_ms:
            log.warning("Redis lost its count of the quota; calls are held", seconds=hold_ms / 1_000)
