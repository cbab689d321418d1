"""Ingest on real servers: nothing is handed out that could take a batch past its max_cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from services.gateway.retry import Which
from tests.integration.ingest_world import World, a_world, until

IMAGE, ROWS = 10, 1_000


@pytest.fixture
async def world(
    database_url: str, redis_url: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[World]:
    async with a_world(database_url, redis_url, kafka, topic_prefix, tmp_path, most=2) as made:
        await made.pool.execute("insert into gateway.price (image) values ($1)", IMAGE)
        yield made


async def spent(world: World, batch: UUID) -> int:
    found = await world.pool.fetchval("select sum(cost) from exporter.chunks where batch_id = $1", batch)
    return int(found or 0)


async def short_of(world: World, batch: UUID) -> int | None:
    found: int | None = await world.pool.fetchval(
        "select short_of from ingest.batches where batch_id = $1", batch
    )
    return found


async def limit(world: World, batch: UUID, max_cost: int) -> None:
    await world.pool.execute("update gateway.batches set max_cost = $2 where batch_id = $1", batch, max_cost)


async def stops_at(world: World, batch: UUID, max_cost: int) -> None:
    async def says_so() -> bool:
        assert await spent(world, batch) <= max_cost
        return await short_of(world, batch) == max_cost

    await until(says_so)
    assert await spent(world, batch) > max_cost - 64 * IMAGE
    assert await world.stored(batch) == sum(len(work.rows) for work in world.seen), "nothing is out"


async def test_a_batch_stops_before_its_limit_and_goes_on_with_a_higher_one(world: World) -> None:
    """Every third picture is known already, so more rows fit than were reckoned."""
    world.cost = lambda row_no: IMAGE if row_no % 3 else 0
    async with world.analyzer(), world.member():
        batch = await world.upload(ROWS, max_cost=200 * IMAGE)
        await stops_at(world, batch, 200 * IMAGE)
        assert await world.stored(batch) > 200
        await limit(world, batch, 400 * IMAGE)
        await stops_at(world, batch, 400 * IMAGE)
        await limit(world, batch, ROWS * IMAGE)
        await world.whole(batch, ROWS)
    assert set(world.dispatches(batch).values()) == {1}


async def test_a_retry_stops_before_the_limit_too(world: World) -> None:
    """Two rows far apart: the slice of each counts in full until its result is there."""
    world.cost, world.failing = lambda _row_no: IMAGE, frozenset({3, 900})
    async with world.analyzer(), world.member():
        batch = await world.upload(ROWS, max_cost=(ROWS + 62) * IMAGE)
        await until(lambda: world.ended(batch))
        world.seen.clear()
        world.failing = frozenset()
        assert await world.retry(batch, Which()) == 2
        await until(lambda: tried(world, [3]))
        await until(lambda: is_short(world, batch))
        assert await tried(world, [3])
        await limit(world, batch, (ROWS + 63) * IMAGE)
        await until(lambda: world.ended(batch))
        assert await tried(world, [3, 900])
    assert await spent(world, batch) == ROWS * IMAGE


async def is_short(world: World, batch: UUID) -> bool:
    return await short_of(world, batch) is not None


async def tried(world: World, rows: list[int]) -> bool:
    return [row.row_no for work in world.seen for row in work.rows] == rows
