"""A dry run: what an upload would become and cost, told without storing or starting anything."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

import obstore
from obstore.store import ObjectStore
from redis.asyncio import Redis

from services.gateway import estimate
from services.gateway.census import Census
from services.gateway.digests import BUCKETS, Digests
from services.gateway.estimate import Outlook
from services.gateway.fields import Wanted
from services.gateway.reading import Normaliser, Summary
from services.gateway.replies import envelope
from services.gateway.settings import GatewaySettings
from shared.cache_keys import CacheKeys
from shared.postgres import Pool, statements_beside
from shared.redis import raw

T = TypeVar("T")
_SQL = statements_beside(__file__)
_BLOCK = 1 << 20
_KEYS_AT_ONCE = 1_000


class Preview(NamedTuple):
    """The whole reply."""

    body: bytes


class Images(NamedTuple):
    """Different addresses, and how many of them the result cache can answer now."""

    distinct: int
    cached: int


class DryRuns:
    """Reads a stored upload once more, for only its form's end tells that it is a dry run."""

    def __init__(
        self, settings: GatewaySettings, pool: Pool, store: ObjectStore, redis: Redis, threads: Executor
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._store = store
        self._redis = redis
        self._keys = CacheKeys(settings.cache_space)
        self._threads = threads

    async def preview(self, path: str, summary: Summary, wanted: Wanted) -> Preview:
        """`path` is where the upload lies; with `force_refresh` the cache answers nothing. Raises what
        Redis and Postgres raise when they are away."""
        with closing(Digests()) as digests:
            census = await self._count(path, digests)
            images = await self._look_up(digests, wanted.force_refresh)
        outlook = await self._outlook()
        data = report(self._settings, summary, census, images, outlook, wanted.max_cost)
        return Preview(envelope(data, "Dry run: nothing was stored and nothing started"))

    async def _count(self, path: str, digests: Digests) -> Census:
        """A block is a turn in a thread, so that uploads beside it go on."""
        census = Census(digests)
        normaliser = Normaliser(_nowhere, path, watch=census.take)
        with closing(normaliser):
            stored = await obstore.get_async(self._store, path)
            async for block in stored.stream(_BLOCK):
                await self._in_thread(partial(normaliser.feed, bytes(block)))
            await self._in_thread(normaliser.finish)
        return census

    async def _look_up(self, digests: Digests, force_refresh: bool) -> Images:
        distinct = cached = 0
        for bucket in range(BUCKETS):
            found = list(await self._in_thread(partial(digests.distinct, bucket)))
            distinct += len(found)
            for at in range(0, 0 if force_refresh else len(found), _KEYS_AT_ONCE):
                cached += await self._cached(found[at : at + _KEYS_AT_ONCE])
        return Images(distinct, cached)

    async def _cached(self, digests: Iterable[bytes]) -> int:
        """Those whose content is known and has its entry."""
        contents = await self._redis.mget([self._keys.url(digest) for digest in digests])
        entries = [self._keys.entry(raw(content).decode()) for content in contents if content]
        return int(await self._redis.exists(*entries)) if entries else 0

    async def _outlook(self) -> Outlook:
        waiting: int = await self._pool.fetchval(_SQL["rows_waiting"])
        keys = self._settings.named_keys
        if self._settings.provider_name == "local":
            return Outlook(waiting, await self._pool.fetchval(_SQL["rate_measured"]))
        calls = self._settings.requests_per_minute
        images = estimate.images_a_call(self._settings.provider_name)
        return Outlook(waiting, estimate.quota_per_minute(keys, calls, images))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def report(
    settings: GatewaySettings,
    summary: Summary,
    census: Census,
    images: Images,
    outlook: Outlook,
    max_cost: int | None,
) -> dict[str, Any]:
    missing = images.distinct - images.cached
    return {
        "dry_run": True,
        "total_rows": summary.total_rows,
        "valid_rows": census.valid,
        "invalid_rows": census.invalid,
        "invalid": [fault._asdict() for fault in census.faults],
        "duplicates": census.valid - images.distinct,
        "distinct_images": images.distinct,
        "cached_images": images.cached,
        "calls_needed": estimate.calls_for(missing, estimate.images_a_call(settings.provider_name)),
        "estimated_cost": estimate.cost(missing, settings.price),
        "above_max_cost": max_cost is not None and missing * settings.price.estimate > max_cost,
        **estimate.completion(datetime.now(UTC), missing, outlook),
        "columns": summary.columns,
        "url_column": summary.url_column,
        "encoding": summary.encoding,
        "delimiter": summary.delimiter,
    }


def _nowhere(_rows: bytes) -> None:
    """The rows were read before."""
