"""The result cache in Redis: the paid ledger, and the leases of images that are being called for.

A URL leads to the content's hash, the hash to the entry. Distinct images are told by content. A
lease belongs to an instance by name, so a restarted one takes its own up at once.
"""

import asyncio
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from redis.asyncio import Redis

from services.analyzer import entries
from services.analyzer.entries import Entry, Fresh
from shared.cache_keys import CacheKeys, url_digest
from shared.logs import log
from shared.redis import raw, script

LEASE_MS = 10_000
# A call waits longer than this for its images; 3 ms made one claim in three a round trip of its own.
_GATHER_SECONDS = 0.03
_AT_ONCE = 64


class Claim(Enum):
    """Who calls for an image that has no entry: this process, or another one that is doing it."""

    MINE = b"1"
    BUSY = b"0"


_CLAIMS: dict[bytes, Claim] = {claim.value: claim for claim in Claim}


class _Asked(NamedTuple):
    """`void` is an entry that counts as none."""

    url: str
    content_hash: str
    void: bytes
    answer: "asyncio.Future[bytes]"


class ImageCache:
    def __init__(self, redis: Redis, keys: CacheKeys, instance: str, ttl_hours: int) -> None:
        self._redis = redis
        self._keys = keys
        self._instance = instance
        self._ttl = ttl_hours * 3_600
        self._claim = redis.register_script(script(__file__, "claim"))
        self._leases = redis.register_script(script(__file__, "leases"))
        self._asked: list[_Asked] = []
        self._flushes: set[asyncio.Task[None]] = set()
        # Contents whose lease is renewed. A claim that nobody took up runs out by itself.
        self.held: set[str] = set()

    def entry_key(self, content_hash: str) -> str:
        return self._keys.entry(content_hash)

    def lease_key(self, content_hash: str) -> str:
        return self._keys.lease(content_hash)

    def _url_key(self, url: str) -> bytes:
        return self._keys.url(url_digest(url))

    async def look_up(self, urls: Sequence[str]) -> dict[str, Entry]:
        """Entries of the URLs that are known: two round trips at most, whatever their number."""
        if not urls:
            return {}
        hashes = await self._redis.mget([self._url_key(url) for url in urls])
        known = [(url, raw(content).decode()) for url, content in zip(urls, hashes, strict=True) if content]
        if not known:
            return {}
        found = await self._redis.mget([self.entry_key(content) for _, content in known])
        decoded = (
            (url, body and entries.decode(raw(body))) for (url, _), body in zip(known, found, strict=True)
        )
        return {url: entry for url, entry in decoded if entry}

    async def claim(self, url: str, content_hash: str, fresh: Fresh | None = None) -> Entry | Claim:
        """The image's entry, or who calls for it. An entry that can't be read, or is not `fresh`, is claimed
        as if there were none, and overwritten."""
        void = b""
        while True:
            answer = await self._in_company(url, content_hash, void)
            if claim := _CLAIMS.get(answer):
                return claim
            entry = entries.decode(answer)
            if entry is None:
                log.warning("a cache entry can't be read", key=self.entry_key(content_hash))
            elif fresh is None or fresh.accepts(entry):
                return entry
            void = answer

    async def _in_company(self, url: str, content_hash: str, void: bytes) -> bytes:
        """Claims of a few milliseconds go in one round trip."""
        asked = _Asked(url, content_hash, void, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if len(self._asked) == 1:
            asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._flush)
        elif len(self._asked) >= _AT_ONCE:
            self._flush()
        return await asked.answer

    def _flush(self) -> None:
        if self._asked:
            task = asyncio.create_task(self._ask(self._asked))
            self._flushes.add(task)
            task.add_done_callback(self._flushes.discard)
            self._asked = []

    async def _ask(self, asked: list[_Asked]) -> None:
        try:
            answers = await self._claim(args=self._arguments(asked))
            for item, answer in zip(asked, answers, strict=True):
                if not item.answer.done():
                    item.answer.set_result(answer)
        except Exception as error:  # noqa: BLE001  # every asker gets it, and decides
            for item in asked:
                if not item.answer.done():
                    item.answer.set_exception(error)

    def _arguments(self, asked: Iterable[_Asked]) -> list[str | bytes | int]:
        arguments: list[str | bytes | int] = [self._instance, LEASE_MS, self._ttl]
        for item in asked:
            content = item.content_hash
            arguments += (self._url_key(item.url), self.entry_key(content), self.lease_key(content), content)
            arguments.append(item.void)
        return arguments

    async def give_up(self, hashes: Iterable[str]) -> None:
        """Drops leases on images that will not be called for."""
        mine = [content for content in hashes if content in self.held]
        self.held.difference_update(mine)
        await self._leases(args=[self._instance, 0, *map(self.lease_key, mine)])

    async def renew(self) -> None:
        await self._leases(args=[self._instance, LEASE_MS, *map(self.lease_key, self.held)])

    @property
    def ttl(self) -> int:
        return self._ttl
