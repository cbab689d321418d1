"""Rates, lags and stuck work on real servers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.exporter.storing import store
from services.monitor import waiting
from services.monitor.lags import lags
from services.monitor.main import start
from services.monitor.settings import MonitorSettings
from services.monitor.stuck import StuckWork
from shared import metrics, redis
from shared.error_classes import ErrorClass
from shared.heartbeats import heartbeat_key
from shared.ids import slice_id
from shared.ops import Health
from shared.room import Room
from shared.stopping import Stop
from shared.topics import RESULTS
from tests.integration.results_world import WAIT_SECONDS, World, result, until, world


@pytest.fixture
async def here(database_url: str, redis_url: str, kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, kafka, topic_prefix) as made:
        yield made


@asynccontextmanager
async def monitor(here: World) -> AsyncIterator[None]:
    settings = msgspec.convert(msgspec.structs.asdict(here.settings), MonitorSettings)
    stop = Stop()
    running = asyncio.create_task(start(settings, Health(), stop))
    try:
        yield
    finally:
        stop.ask()
        async with asyncio.timeout(WAIT_SECONDS):
            await running


async def test_results_are_counted_into_rates_and_poison_is_passed(here: World) -> None:
    batch = await here.batch(40)
    await here.send(*[result(batch, row, cache_hit=row % 2 == 0) for row in range(1, 31)])
    await here.send_as_it_is(result(batch, 1), b"{no json")
    await here.send(*[result(batch, row, error_class=ErrorClass.DNS) for row in range(31, 41)])

    async def counted() -> bool:
        row = await here.pool.fetchrow(
            "select coalesce(sum(processed), 0) as processed, coalesce(sum(failed), 0) as failed,"
            " coalesce(sum(cache_hits), 0) as hits from monitor.rates where batch_id = $1",
            batch,
        )
        assert row is not None
        return tuple(row) == (40, 10, 15)

    async with monitor(here):
        await until(counted)
    assert len(await here.dead_letters()) == 1


async def test_lag_is_measured_in_records_and_seconds(here: World) -> None:
    batch = await here.batch(50)
    bootstrap = here.settings.kafka_bootstrap_servers
    async with lags(bootstrap, here.names) as measured:
        await here.send(*[result(batch, row) for row in range(1, 31)])
        await here.producer.send_raw(RESULTS.dead_letters, None, b"?", [])

        async def visible() -> bool:
            await measured.look()
            return (await measured.measure("exporter", RESULTS)).records == 30

        await until(visible)
        assert 0 < (await measured.measure("exporter", RESULTS)).seconds < WAIT_SECONDS
        assert metrics.DEAD_LETTERS_KEPT.labels(RESULTS.name)._value.get() == 1
        async with here.exporter():
            await until(lambda: caught_up(measured))
        assert (await measured.measure("exporter", RESULTS)).seconds == 0.0
        assert (await measured.measure("monitor", RESULTS)).records == 30


async def caught_up(measured: Any) -> bool:
    return bool((await measured.measure("exporter", RESULTS)).records == 0)


async def book(here: World, batch: UUID, first: int, age: int, finished: bool = False) -> None:
    await here.pool.execute("insert into ingest.batches (batch_id) values ($1) on conflict do nothing", batch)
    await here.pool.execute(
        "insert into ingest.slices (batch_id, first_row, last_row, chunk_no, first_byte, end_byte,"
        " log_partition, log_offset, dispatched_at, finished_at)"
        " values ($1, $2::bigint, $2::bigint + 9, 1, 0, 1, 0, 0, now() - make_interval(secs => $3),"
        " case when $4 then now() - make_interval(secs => $3) end)",
        batch,
        first,
        float(age),
        finished,
    )


async def test_stuck_work_is_listed_with_why_until_it_is_not_stuck(here: World) -> None:
    batch, paused = await here.batch(100), await here.batch(100, desired="paused")
    await book(here, batch, 1, 300)
    await book(here, batch, 11, 300, finished=True)
    await book(here, batch, 21, 300)
    await book(here, batch, 31, 5)
    await book(here, paused, 1, 300)
    async with redis.connect(here.settings) as server, here.pool.acquire() as connection:
        await store(connection, [result(batch, row) for row in range(11, 15)])
        await server.set(heartbeat_key(slice_id(batch, 21)), "analyzer-1")
        work = StuckWork(here.pool, server)
        assert await work.look() == 2, "a slice in hand may wait for quota as long as it must"
        rows = await connection.fetch("select first_row, why from monitor.stuck order by first_row")
        assert [row["first_row"] for row in rows] == [1, 11]
        assert "no analyzer" in rows[0]["why"]
        assert "6 rows have no result" in rows[1]["why"]
        await Room(server).say("analyzer-1", 8)
        await connection.execute("delete from ingest.slices where first_row > 1")
        assert await work.look() == 1
        assert "waits for an analyzer" in await connection.fetchval("select why from monitor.stuck")


async def test_what_waits_is_counted_and_a_batch_that_stands_still_is_seen(here: World) -> None:
    batch = await here.batch(100)
    await here.batch(40)
    await here.batch(7, desired="paused")
    async with here.pool.acquire() as connection:
        await waiting.look(here.pool)
        assert metrics.ROWS_WAITING._value.get() == 140
        assert metrics.BATCH_STANDSTILL._value.get() == 0, "none was started"
        await connection.execute(
            "insert into ingest.batches (batch_id, run_started_at) values ($1, now() - interval '1 hour')",
            batch,
        )
        await waiting.look(here.pool)
        assert 3_600 <= metrics.BATCH_STANDSTILL._value.get() < 3_700
        await store(connection, [result(batch, 1)])
        await waiting.look(here.pool)
        assert metrics.ROWS_WAITING._value.get() == 139
        assert metrics.BATCH_STANDSTILL._value.get() < 60
        await connection.execute(
            "update exporter.chunks set last_result_at = now() - interval '1 hour' where batch_id = $1", batch
        )
        await connection.execute(
            "insert into gateway.transitions (batch_id, version, run, desired) values ($1, 1, 1, 'running')",
            batch,
        )
        await waiting.look(here.pool)
        assert metrics.BATCH_STANDSTILL._value.get() < 60, "it was resumed just now"
