"""Writes what was paid for. The ledger comes first: only what is written there is told to anyone."""

import asyncio
from collections.abc import Iterable

from redis.asyncio import Redis

from services.analyzer import entries
from services.analyzer.cache import ImageCache
from services.analyzer.entries import Entry
from services.analyzer.keys import ApiKey
from services.analyzer.pending import PendingImage
from services.analyzer.permits import Quota
from services.analyzer.providers import CallFailed, Refusal
from shared.logs import log
from shared.redis import UNAVAILABLE, raw, script

_RETRY_SECONDS = 0.5
# A group that is told to come back tomorrow is asked again within the hour.
_LONGEST_WISH_SECONDS = 3_600.0
# How long a key that the provider called bad is left out.
_QUARANTINE_MS = 300_000
_MOST_REASON = 200


class Ledger:
    """A call's quota slot is free again a window after its response."""

    def __init__(self, redis: Redis, cache: ImageCache, instance: str, quota: Quota) -> None:
        self._cache = cache
        self._instance = instance
        self._quota = quota
        self._settle = redis.register_script(script(__file__, "settle"))

    async def settle(
        self,
        call_id: str,
        key: ApiKey,
        ended: Iterable[tuple[PendingImage, Entry | None]],
        failure: CallFailed | None = None,
    ) -> None:
        """After a response: the entries of `ended` images (None: nothing was paid), their leases
        dropped, the slot dated; what was said of the key, and of its group's quota. Tried until Redis takes
        it."""
        arguments: list[str | int | bytes] = [
            self._instance,
            call_id,
            key.group,
            self._quota.calls,
            round(self._quota.window * 1_000),
            self._cache.ttl,
            _rest(failure),
            key.fingerprint,
            _said_of_key(failure),
            _QUARANTINE_MS,
            str(failure or "")[:_MOST_REASON],
        ]
        for image, entry in ended:
            content = image.content_hash
            body = b"" if entry is None else entries.encode(entry)
            arguments += (self._cache.entry_key(content), self._cache.lease_key(content), body)
            self._cache.held.discard(content)
        while True:
            try:
                changed = raw(await self._settle(args=arguments)).decode()
                if changed:
                    log.warning("key changes", key=key.fingerprint, state=changed, why=str(failure or ""))
                return
            except UNAVAILABLE as error:
                log.warning("the ledger waits for Redis", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)


def _rest(failure: CallFailed | None) -> str:
    """What settle.lua takes: nothing without a refusal, else the provider's wish in ms."""
    if failure is None or failure.refusal is not Refusal.QUOTA:
        return ""
    return str(round(min(failure.retry_after or 0.0, _LONGEST_WISH_SECONDS) * 1_000))


def _said_of_key(failure: CallFailed | None) -> str:
    """What settle.lua takes: who refuses for the quota or the request has looked at the key first."""
    match failure.refusal if failure else None:
        case None | Refusal.QUOTA | Refusal.REQUEST | Refusal.UNREADABLE:
            return "ok"
        case Refusal.KEY:
            return "bad"
    return "silent"
