"""A clone with results on real servers: the source's results are sent as its own, and nothing is analysed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from services.exporter.settings import ExporterSettings
from shared.ids import chunk_id, result_id
from shared.topics import RESULTS
from tests.integration import results_world
from tests.integration.ingest_world import World, a_world, until

ROWS, CHUNK = 1_500, 200
_SAME = "row_no, chunk_no, url, success, text_content, error_class, analysis_result::text, extra::text"


@pytest.fixture
async def world(
    database_url: str, redis_url: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[World]:
    async with a_world(database_url, redis_url, kafka, topic_prefix, tmp_path) as made, made.analyzer():
        made.failing = frozenset({7, 1_234})
        yield made


@asynccontextmanager
async def exporting(world: World) -> AsyncIterator[None]:
    settings = ExporterSettings(
        blob_url=world.settings.blob_url,
        database_url=world.settings.database_url,
        redis_url=world.settings.redis_url,
        kafka_bootstrap_servers=world.settings.kafka_bootstrap_servers,
        topic_prefix=world.settings.topic_prefix,
    )
    async with results_world.World(settings, world.pool, world.producer).exporter():
        yield


async def source(world: World) -> UUID:
    """A batch that has ended, with texts and further cells."""
    batch = await world.upload(ROWS, chunk_size=CHUNK)
    await until(lambda: world.ended(batch))
    await world.pool.execute(
        "update exporter.results set text_content = 'text ' || row_no, extra = '{\"branch\":\"x\"}',"
        " analysis_result = json_build_object('row', row_no)"
    )
    world.seen.clear()
    return batch


async def rows_of(world: World, batch: UUID) -> list[object]:
    return list(
        await world.pool.fetch(f"select {_SAME} from exporter.results where batch_id = $1 order by 1", batch)
    )


async def test_a_clone_gets_every_result_and_nothing_is_analysed_also_over_a_restart(world: World) -> None:
    async def begun() -> bool:
        return await world.stored(clone) > 0

    async with exporting(world):
        async with world.member():
            batch = await source(world)
            clone = await world.clone(batch)
            await until(begun)
        async with world.member():
            await until(lambda: world.ended(clone))
            await world.whole(clone, ROWS)
    assert not world.seen
    assert await rows_of(world, clone) == await rows_of(world, batch)
    hits = await world.pool.fetchval(
        "select count(*) from exporter.results where batch_id = $1 and cache_hit", clone
    )
    assert hits == ROWS
    sent = await results_world.records(world.settings.kafka_bootstrap_servers, world.names.topic(RESULTS))
    events = {dict(record.headers)["ce_id"].decode() for record in sent}
    assert events == {f"{result_id(clone, row)}/1" for row in range(1, ROWS + 1)}
    assert {record.key.decode() for record in sent} == {
        str(chunk_id(clone, chunk)) for chunk in range(1, -(-ROWS // CHUNK) + 1)
    }


async def test_rows_that_the_source_lost_meanwhile_are_analysed(world: World) -> None:
    async with exporting(world), world.member():
        batch = await source(world)
        await world.pool.execute(
            "delete from exporter.results where batch_id = $1 and row_no between 300 and 400", batch
        )
        clone = await world.clone(batch)
        await until(lambda: world.ended(clone))
        await world.whole(clone, ROWS)
    seen = {row.row_no for work in world.seen for row in work.rows}
    assert set(range(300, 401)) <= seen
    assert len(seen) < 300
