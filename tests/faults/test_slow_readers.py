"""Twenty readers of 10 KB/s of a large export: they are served, and nobody else waits for them."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import psutil
import pytest

from tests.faults.direct import Direct, direct
from tests.servers import Servers

ROWS = 300_000
READERS = 20
BYTES_PER_SECOND = 10_000
# Each waits for its turn to be read from the database.
TURN_SECONDS = 150
# Longer than what a silent reader is granted.
SECONDS = 65
AGES = """
select coalesce(max(extract(epoch from now() - xact_start)), 0)::float8
from pg_stat_activity where datname = current_database() and query ilike 'copy%' and state = 'active'
"""


class Reader:
    """`read` counts its bytes."""

    def __init__(self) -> None:
        self.read = 0

    async def run(self, url: str, path: str) -> None:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=BYTES_PER_SECOND)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
            assert b" 200 " in await reader.readline()
            while True:
                self.read += len(await reader.readexactly(BYTES_PER_SECOND))
                await asyncio.sleep(1)
        finally:
            writer.close()
            await writer.wait_closed()


@pytest.fixture
def world(servers: Servers, template: str, tmp_path: Path) -> Iterator[Direct]:
    with direct(servers, template, tmp_path, 194, ROWS) as made:
        yield made


@pytest.mark.timeout(600)
async def test_slow_readers_hold_no_transaction_and_slow_nobody(world: Direct) -> None:
    async with (
        world.gateway.client() as client,
        asyncpg.create_pool(world.gateway.database_url, min_size=1, max_size=2) as pool,
    ):
        before = await _latency(world, client, 100)
        path = f"/api/v1/export/batch/{world.batch}"
        async with _reading(world, path) as readers:
            oldest, until = 0.0, time.monotonic() + TURN_SECONDS
            while not all(reader.read for reader in readers):
                assert time.monotonic() < until, [reader.read for reader in readers]
                oldest = max(oldest, await pool.fetchval(AGES))
                await asyncio.sleep(0.5)
            during, until = [], time.monotonic() + SECONDS
            while time.monotonic() < until:
                oldest = max(oldest, await pool.fetchval(AGES))
                during.append(await _latency(world, client, 5))
                await asyncio.sleep(0.5)
            served = min(reader.read for reader in readers)
        memory = [_megabytes(pid) for pid in (world.gateway.pid, world.exporter.pid)]
        # While the copies run they share the cores with everything; afterwards nothing is left of them.
        after = statistics.median(during[-20:])
        print(f"oldest transaction {oldest:.1f} s; p50 before {before:.4f} s, at the end {after:.4f} s")
        print(f"gateway and exporter {memory} MB, the least served {served:,} bytes")
        assert oldest < 60
        assert max(memory) < 200
        assert after < 2 * before + 0.005


@asynccontextmanager
async def _reading(world: Direct, path: str) -> AsyncIterator[list[Reader]]:
    """Raises what ended one of them."""
    readers = [Reader() for _ in range(READERS)]
    tasks = [asyncio.create_task(reader.run(world.gateway.url, path)) for reader in readers]
    try:
        yield readers
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _latency(world: Direct, client: httpx.AsyncClient, times: int) -> float:
    """The median of seconds that progress takes."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        reply = await client.get(f"/api/v1/batches/{world.batch}/progress")
        assert reply.status_code == 200
        took.append(time.monotonic() - began)
    return statistics.median(took)


def _megabytes(pid: int) -> float:
    return float(round(psutil.Process(pid).memory_info().rss / 2**20))
