"""Deleted is gone: rows and files of every service go step by step, and nothing brings them back (rule 8)."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from obstore.store import LocalStore

from services.exporter.purge import Purge as ExporterPurge
from services.exporter.search.indexer import Indexer
from services.exporter.standing import lock_standings
from services.exporter.storing import store
from services.gateway.change import change, expire
from services.gateway.commands import Command
from services.gateway.purge import Purge as GatewayPurge
from services.gateway.transitions import Action
from services.gateway.upload import paths_of
from services.ingest.purge import Purge as IngestPurge
from shared.desired import State
from shared.stopping import Stop
from tests.integration.results_world import World, result, world


@pytest.fixture
async def here(database_url: str, redis_url: str, kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, kafka, topic_prefix) as made:
        yield made


@pytest.fixture
def gateway(here: World, tmp_path: Path) -> GatewayPurge:
    async def expired(batch_id: UUID) -> bool:
        return await expire(here.pool, batch_id) is not None

    return GatewayPurge(here.pool, LocalStore(prefix=tmp_path), expired)


async def delete(here: World, batch_id: UUID) -> None:
    """Some time ago."""
    await change(here.pool, batch_id, Command(Action.DELETE, force=True))
    await here.pool.execute(
        "update gateway.transitions set at = now() - interval '2 hours' where batch_id = $1", batch_id
    )


async def chunk(here: World, batch_id: UUID, number: int, rows: int) -> None:
    await here.pool.execute(
        "insert into exporter.chunks (batch_id, chunk_no, processed, successful, failed, attempts,"
        " first_result_at, last_result_at) values ($1, $2, $3::int, $3, 0, $3, now(), now())",
        batch_id,
        number,
        rows,
    )


async def left_of(here: World, batch_id: UUID) -> dict[str, int]:
    tables = await here.pool.fetch(
        "select table_schema || '.' || table_name as name from information_schema.columns"
        " where column_name = 'batch_id' and table_schema in ('gateway', 'ingest', 'exporter', 'lifecycle')"
        " and table_name in (select relname from pg_class where relkind in ('r', 'p') and not relispartition)"
    )
    counts = {
        row["name"]: await here.pool.fetchval(
            f"select count(*) from {row['name']} where batch_id = $1", batch_id
        )
        for row in tables
    }
    return {name: count for name, count in counts.items() if count}


async def test_everything_of_a_deleted_batch_goes_but_its_tombstone(
    here: World, gateway: GatewayPurge, tmp_path: Path
) -> None:
    gone, stays = await here.batch(3), await here.batch(3)
    for batch in (gone, stays):
        for path in paths_of(batch):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(b"x")
        async with here.pool.acquire() as connection, connection.transaction():
            await store(connection, [result(batch, row) for row in (1, 2, 3)])
        async with here.pool.acquire() as connection, connection.transaction():
            await store(connection, [result(batch, 2, attempt=2)])
        await Indexer(here.pool).index(batch, 1)
        for table, columns, values in (
            ("ingest.batches", "batch_id, closed_at", "$1, now()"),
            ("gateway.wanted", "batch_id, row_no, attempt", "$1, 2, 2"),
            ("gateway.wanted_chunks", "batch_id, chunk_no, retried", "$1, 1, 1"),
            ("gateway.idempotency_keys", "key, fingerprint, batch_id, reply", "$1::text, '', $1, ''"),
            ("gateway.resets", "batch_id, first_row", "$1, 0"),
        ):
            await here.pool.execute(
                f"insert into {table} ({columns}) values ({values})".replace("$1", f"'{batch}'")
            )
        await here.pool.execute("update gateway.batches set retried = 1 where batch_id = $1", batch)
    before = await left_of(here, stays)
    await delete(here, gone)
    await gateway.purge(Stop())
    assert "exporter.results" in await left_of(here, gone), "the gateway goes last"
    await IngestPurge(here.pool).purge()
    await ExporterPurge(here.pool).purge(Stop())
    await gateway.purge(Stop())
    left = await left_of(here, gone)
    assert left.keys() == {"gateway.batches", "gateway.audit", "lifecycle.terminal"}
    row = await here.pool.fetchrow("select * from gateway.batches where batch_id = $1", gone)
    assert row is not None
    assert (row["desired"], row["name"], row["purged_at"] is not None) == ("deleted", "", True)
    assert await left_of(here, stays) == before
    assert [path.name for path in (tmp_path / "batches").iterdir()] == [str(stays)]


async def test_earlier_attempts_go_a_month_after_they_were_replaced(here: World) -> None:
    batch = await here.batch(6_000)
    await here.pool.execute(
        "insert into exporter.earlier_attempts (batch_id, row_no, chunk_no, url, attempt, success,"
        " processing_time_seconds, cache_hit, created_at, replaced_at)"
        " select $1, n, 1, 'u', 1, false, 0, false, now(),"
        " now() - make_interval(days => case when n <= 5500 then 31 else 29 end)"
        " from generate_series(1, 6000) n",
        batch,
    )
    await ExporterPurge(here.pool).purge_earlier(Stop())
    left = await here.pool.fetchrow("select min(row_no), count(*) from exporter.earlier_attempts")
    assert tuple(left or ()) == (5_501, 500)


async def test_results_that_are_being_stored_are_waited_for_and_late_ones_dropped(here: World) -> None:
    batch, after = await here.batch(3), await here.batch(1)
    async with here.pool.acquire() as projecting:
        async with projecting.transaction():
            await lock_standings(projecting, [batch])
            await store(projecting, [result(batch, 1)])
            await delete(here, batch)
            await chunk(here, batch, 2, 0)
            purging = asyncio.create_task(ExporterPurge(here.pool).purge(Stop()))
            async with asyncio.timeout(10):
                while not await here.pool.fetchval("select count(*) from pg_locks where not granted"):
                    await asyncio.sleep(0.02)
        await purging
    assert await here.counts(batch) == (0, 0, 0, 0)
    async with here.exporter():
        await here.send(result(batch, 1), result(batch, 2), result(after, 1))
        await here.until_ended(after)
    assert await here.counts(batch) == (0, 0, 0, 0), "a late event brings no row back"


async def test_a_clone_that_still_copies_its_results_keeps_the_source(here: World) -> None:
    source, clone = await here.batch(1), await here.batch(1)
    async with here.pool.acquire() as connection, connection.transaction():
        await store(connection, [result(source, 1)])
    await here.pool.execute("update gateway.batches set copied_from = $2 where batch_id = $1", clone, source)
    await delete(here, source)
    await ExporterPurge(here.pool).purge(Stop())
    assert (await here.counts(source))[3] == 1
    await delete(here, clone)
    await ExporterPurge(here.pool).purge(Stop())
    assert (await here.counts(source))[3] == 0


async def test_a_retention_that_is_over_deletes_unless_it_was_restored(
    here: World, gateway: GatewayPurge
) -> None:
    expired, restored, kept = [await here.batch(1, desired="cancelled") for _ in range(3)]
    for batch in (expired, restored, kept):
        await here.pool.execute(
            "insert into lifecycle.terminal (batch_id, run, kind, successful, failed)"
            " values ($1, 1, 'cancelled', 0, 0)",
            batch,
        )
        await change(here.pool, batch, Command(Action.SOFT_DELETE, retention_days=1))
    await change(here.pool, restored, Command(Action.RESTORE))
    await here.pool.execute(
        "update gateway.batches set purge_at = now() where batch_id = any($1::uuid[])", [expired]
    )
    await gateway.expire()
    rows = await here.pool.fetch("select batch_id, desired from gateway.batches")
    assert {row["batch_id"]: row["desired"] for row in rows} == {
        expired: State.DELETED,
        restored: State.CANCELLED,
        kept: State.CANCELLED,
    }


async def test_a_stop_leaves_the_rest_to_the_next_time_and_a_step_is_short(here: World) -> None:
    batch = await here.batch(20_000)
    await here.pool.execute(
        "insert into exporter.results (batch_id, row_no, chunk_no, url, attempt, success,"
        " processing_time_seconds, cache_hit, created_at)"
        " select $1, n, 1, 'u', 1, true, 0, false, now() from generate_series(1, 20000) n",
        batch,
    )
    await chunk(here, batch, 1, 20_000)
    await delete(here, batch)
    stop = Stop()
    stop.ask()
    began = time.perf_counter()
    await ExporterPurge(here.pool).purge(stop)
    assert time.perf_counter() - began < 5
    assert (await here.counts(batch))[3] == 15_000
    await ExporterPurge(here.pool).purge(Stop())
    assert await here.counts(batch) == (0, 0, 0, 0)
