"""Later runs on real servers: just the rows that are wanted again are handed out (rule 3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from services.gateway.retry import Which
from shared.desired import State
from shared.events import SliceDispatched, SliceFinished
from tests.integration.ingest_world import World, a_world, finish, release, until

FAILING = frozenset({3, 64, 65, 700, 2_001, 4_999})
ROWS = 5_000


@pytest.fixture
async def world(
    database_url: str, redis_url: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[World]:
    async with a_world(database_url, redis_url, kafka, topic_prefix, tmp_path, most=2) as made:
        made.failing = FAILING
        yield made


async def ended_batch(world: World) -> UUID:
    batch = await world.upload(ROWS)
    await until(lambda: world.ended(batch))
    assert await world.stored(batch) == ROWS
    return batch


def tried(world: World) -> dict[int, int]:
    """Row → attempt, of all that was seen since it was last forgotten."""
    return {row.row_no: row.attempt for work in world.seen for row in work.rows}


async def test_a_retry_hands_out_the_wanted_rows_and_no_other(world: World) -> None:
    async def told_late_too(world: World, work: SliceDispatched) -> None:
        """What an analyzer of the first run says late must not free a slice of the second."""
        old = SliceDispatched(
            **{name: getattr(work, name) for name in work.__struct_fields__} | {"run": work.run - 1}
        )
        await world.tell(SliceFinished, old)
        await finish(world, work)

    async with world.analyzer(), world.member():
        batch = await ended_batch(world)
        world.seen.clear()
        world.answer = told_late_too
        world.failing = frozenset({700})
        assert await world.retry(batch, Which()) == len(FAILING)
        await until(lambda: world.ended(batch))
        assert tried(world) == dict.fromkeys(FAILING, 2)
        assert {work.run for work in world.seen} == {2}
        assert set(world.dispatches(batch).values()) == {1}
        world.seen.clear()
        assert await world.retry(batch, Which(row_no=3)) == 0, "it succeeded"
        assert await world.retry(batch, Which()) == 1
        await until(lambda: world.ended(batch))
        assert tried(world) == {700: 3}
        await until(lambda: closed(world, batch))
    assert await world.stored(batch) == ROWS


async def test_a_retry_goes_on_after_a_pause_and_a_restart(world: World) -> None:
    async with world.analyzer():
        async with world.member():
            batch = await ended_batch(world)
            world.seen.clear()
            world.failing, world.answer = frozenset(), release
            assert await world.retry(batch, Which()) == len(FAILING)
            await until(lambda: len(world.seen) >= 3)
            await world.want(batch, State.PAUSED)
        async with world.member():
            world.answer = finish
            await world.want(batch, State.RUNNING)
            await until(lambda: world.ended(batch))
    assert tried(world) == dict.fromkeys(FAILING, 2)


async def test_rows_that_a_broken_run_never_reached_are_retried_with_the_others(world: World) -> None:
    """Its file could not be read any more; now it can."""
    async with world.analyzer(), world.member():
        batch = await world.upload(ROWS, announce=False, desired=State.HELD)
        path = world.blobs / f"{batch}.jsonl"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        await world.want(batch, State.RUNNING)
        await until(lambda: closed(world, batch))
        path.write_bytes(whole)
        done = await world.stored(batch)
        world.seen.clear()
        assert await world.retry(batch, Which()) >= ROWS - done
        await until(lambda: world.ended(batch))
    assert await world.stored(batch) == ROWS


async def closed(world: World, batch: object) -> bool:
    query = "select closed_at is not null from ingest.batches where batch_id = $1"
    return bool(await world.pool.fetchval(query, batch))
