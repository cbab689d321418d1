"""Writes what was paid for. The ledger comes first: only what is written there is told to anyone."""

import asyncio
from collections.abc import Iterable

from redis.asyncio import Redis

from services.analyzer import entries
from services.analyzer.cache import ImageCache
from services.analyzer.entries import Entry
from services.analyzer.pending import PendingImage
from services.analyzer.providers import CallFailed, Refusal
from shared.logs import log
from shared.redis import UNAVAILABLE, script

_RETRY_SECONDS = 0.5
# A group that is told to come back tomorrow is asked again within the hour.
_LONGEST_WISH_SECONDS = 3_600.0


class Ledger:
    """`limit` calls (0: as many as one likes) in `window` seconds: a call's quota slot is free again that
    long after its response."""

    def __init__(self, redis: Redis, cache: ImageCache, instance: str, limit: int, window: float) -> None:
        self._cache = cache
        self._instance = instance
        self._limit = limit
        self._window_ms = round(window * 1_000)
        self._settle = redis.register_script(script(__file__, "settle"))

    async def settle(
        self,
        call_id: str,
        group: str,
        ended: Iterable[tuple[PendingImage, Entry | None]],
        failure: CallFailed | None = None,
    ) -> None:
        """After a response: the entries of `ended` images (None: nothing was paid), their leases
        dropped, the slot dated, the group rested if it was refused. Tried until Redis takes it."""
        arguments: list[str | int | bytes] = [
            self._instance,
            call_id,
            group,
            self._limit,
            self._window_ms,
            self._cache.ttl,
            _rest(failure),
        ]
        for image, entry in ended:
            content = image.content_hash
            body = b"" if entry is None else entries.encode(entry)
            arguments += (self._cache.entry_key(content), self._cache.lease_key(content), body)
            self._cache.held.discard(content)
        while True:
            try:
                await self._settle(args=arguments)
                return
            except UNAVAILABLE as error:
                log.warning("the ledger waits for Redis", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)


def _rest(failure: CallFailed | None) -> str:
    """What settle.lua takes: nothing without a refusal, else the provider's wish in ms."""
    if failure is None or failure.refusal is not Refusal.QUOTA:
        return ""
    return str(round(min(failure.retry_after or 0.0, _LONGEST_WISH_SECONDS) * 1_000))
