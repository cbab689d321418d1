"""A deleted batch of a million rows goes while another runs: what that one shows is as fresh as before."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from uuid import UUID

import httpx
import pytest

from shared.kafka import Producer, producer
from shared.topics import RESULTS, Named
from tests.contract.gateway import Gateway, create, database, running
from tests.integration.results_world import result, until
from tests.local_servers import end, launch
from tests.servers import Servers

_ROWS, _SEARCHABLE = 1_000_000, 100_000
_BEFORE = 60
_SECONDS = 300.0


@pytest.fixture
def gateway(servers: Servers, template: str, tmp_path: Path) -> Iterator[Gateway]:
    with running(servers, template, tmp_path, 199) as started, exporter(started, tmp_path):
        yield started


@contextmanager
def exporter(gateway: Gateway, folder: Path) -> Iterator[None]:
    environment = {
        "DATABASE_URL": gateway.database_url,
        "REDIS_URL": gateway.redis_url,
        "KAFKA_BOOTSTRAP_SERVERS": gateway.kafka,
        "TOPIC_PREFIX": gateway.topic_prefix,
        "BLOB_URL": gateway.blobs.as_uri(),
        "INSTANCE": "exporter-1",
    }
    with (folder / "exporter.log").open("w") as log:
        process = launch("services.exporter", environment, log.fileno(), subprocess.STDOUT)
        try:
            yield
        finally:
            status = end(process)
    assert status == 0, (folder / "exporter.log").read_text()


async def with_results(gateway: Gateway, client: httpx.AsyncClient) -> UUID:
    """A batch of a million rows, as the exporter stores them."""
    batch_id = await create(client, b"url\nhttps://example.com/1.jpg\n")
    async with database(gateway) as connection:
        await connection.execute(
            "update gateway.batches set total_urls = $2 where batch_id = $1", batch_id, _ROWS
        )
        await connection.execute(
            "insert into exporter.results (batch_id, row_no, chunk_no, attempt, url, success, text_content,"
            " store_name, processing_time_seconds, cache_hit, created_at)"
            " select $1, n, (n - 1) / 2000 + 1, 1, 'https://example.com/' || n || '.jpg', true,"
            " repeat('open daily from nine to five ', 25), 'Shop ' || n, 0.1, false, now()"
            " from generate_series(1, $2) n",
            batch_id,
            _ROWS,
            timeout=_SECONDS,
        )
        await connection.execute(
            "insert into exporter.search"
            " select b.created_at, b.batch_id, n, to_tsvector('simple', 'shop ' || n)"
            " from gateway.batches b, generate_series(1, $2) n where b.batch_id = $1",
            batch_id,
            _SEARCHABLE,
            timeout=_SECONDS,
        )
        await connection.execute(
            "insert into exporter.chunks (batch_id, chunk_no, processed, successful, failed, attempts,"
            " indexed, first_result_at, last_result_at)"
            " select $1, n, 2000, 2000, 0, 2000, true, now(), now()"
            " from generate_series(1, $2::int / 2000) n",
            batch_id,
            _ROWS,
        )
    return batch_id


async def delays(
    gateway: Gateway, client: httpx.AsyncClient, sender: Producer, batch_id: UUID, first_row: int
) -> AsyncIterator[float]:
    """Seconds from sending a result until progress counts it, one row after the other."""
    for row in range(first_row, 2_000):
        began = time.monotonic()
        event = result(batch_id, row)
        await (await sender.send(RESULTS, str(event.chunk_id).encode(), event))
        while await processed(client, batch_id) < row:
            assert time.monotonic() - began < 30, f"row {row} is not counted"
            await asyncio.sleep(0.005)
        yield time.monotonic() - began


async def processed(client: httpx.AsyncClient, batch_id: UUID) -> int:
    reply = await client.get(f"/api/v1/batches/{batch_id}/progress")
    assert reply.status_code == 200, reply.text
    return int(reply.json()["data"]["processed_count"])


async def has_begun(gateway: Gateway, batch_id: UUID) -> bool:
    return await none_of(gateway, "exporter.results where batch_id = $1 and row_no = 1", batch_id)


async def is_over(gateway: Gateway, batch_id: UUID) -> bool:
    return await none_of(gateway, "exporter.chunks where batch_id = $1", batch_id)


async def none_of(gateway: Gateway, which: str, batch_id: UUID) -> bool:
    async with database(gateway) as connection:
        return not await connection.fetchval(f"select exists (select from {which})", batch_id)


async def test_progress_stays_as_fresh_while_a_million_rows_are_deleted(gateway: Gateway) -> None:
    async with gateway.client() as client, producer(gateway.kafka, Named(gateway.topic_prefix)) as sender:
        large = await with_results(gateway, client)
        other = await create(client, b"url\n" + b"https://example.com/1.jpg\n" * 2_000)
        before: list[float] = []
        async for seconds in delays(gateway, client, sender, other, 1):
            before.append(seconds)
            if len(before) == _BEFORE:
                break
        reply = await client.delete(f"/api/v1/batches/{large}", params={"force": "true"})
        assert reply.status_code == 200, reply.text
        await until(lambda: has_begun(gateway, large))
        during: list[float] = []
        deadline = time.monotonic() + _SECONDS
        async for seconds in delays(gateway, client, sender, other, _BEFORE + 1):
            during.append(seconds)
            if await is_over(gateway, large):
                break
            assert time.monotonic() < deadline
    print(f"before {told(before)}; during {told(during)}")
    assert median(during) <= 2 * median(before)
    assert late(during) <= 2 * late(before)
    assert await none_of(gateway, "exporter.results where batch_id = $1", large)


def late(seconds: list[float]) -> float:
    """All but one in twenty come before it."""
    return sorted(seconds)[int(0.95 * len(seconds))]


def told(seconds: list[float]) -> str:
    p50, p95, most = (1_000 * value for value in (median(seconds), late(seconds), max(seconds)))
    return f"{len(seconds)} rows: p50 {p50:.0f} ms, p95 {p95:.0f} ms, at most {most:.0f} ms"
