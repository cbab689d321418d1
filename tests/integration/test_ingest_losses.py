"""What is lost is found by the sweep, and nothing that merely waits is sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.events import SliceDispatched, SliceFinished
from tests.integration.ingest_world import (
    OUTCOMES,
    RESULTS,
    SLICES,
    World,
    a_world,
    finish,
    swallow,
    until,
)


@pytest.fixture
async def world(
    database_url: str, redis_url: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[World]:
    async with a_world(database_url, redis_url, kafka, topic_prefix, tmp_path) as made:
        yield made


async def test_outcomes_that_never_come_cost_no_second_dispatch_when_the_rows_are_there(world: World) -> None:
    world.answer = World.store
    async with world.analyzer(slices=4), world.member():
        batch = await world.upload(1_000)
        await world.whole(batch, 1_000)
    assert set(world.dispatches(batch).values()) == {1}


async def test_an_acknowledged_slice_without_outcome_and_rows_is_sent_again(world: World) -> None:
    async def lose_first(world: World, work: SliceDispatched) -> None:
        await (swallow if work.dispatch == 1 else finish)(world, work)

    world.answer = lose_first
    async with world.analyzer(), world.member():
        batch = await world.upload(300)
        await world.whole(batch, 300)
    assert set(world.dispatches(batch).values()) == {2}


async def test_a_finished_slice_whose_results_were_emptied_from_their_topic_is_sent_again(
    world: World,
) -> None:
    async def lose_results(world: World, work: SliceDispatched) -> None:
        if work.dispatch > 1:
            await finish(world, work)
        else:
            await world.producer.send_raw(RESULTS, str(work.chunk_id).encode(), b"a result", [])
            await world.tell(SliceFinished, work)

    world.answer = lose_results
    async with world.analyzer(), world.member():
        batch = await world.upload(300)
        await until(lambda: len(world.seen) == 5)
        await world.empty(RESULTS)
        await world.whole(batch, 300)
    assert set(world.dispatches(batch).values()) == {2}


async def test_a_finished_slice_waits_for_an_exporter_that_is_behind(world: World) -> None:
    async def publish(world: World, work: SliceDispatched) -> None:
        await world.producer.send_raw(RESULTS, str(work.chunk_id).encode(), b"a result", [])
        await world.tell(SliceFinished, work)

    world.answer = publish
    async with world.analyzer(), world.member():
        slow = await world.upload(64)
        await until(lambda: len(world.seen) == 1)
        world.answer = finish
        # Long enough for ten patiences of a finished slice: each of these takes a round of the sweep.
        for _ in range(10):
            other = await world.upload(64)
            await world.whole(other, 64)
        assert world.dispatches(slow) == {1: 1}
        await world.store(world.seen[0])
        await world.whole(slow, 64)
    assert world.dispatches(slow) == {1: 1}


async def test_slices_emptied_from_their_topic_are_sent_again(world: World) -> None:
    async with world.member():
        await world.room.say("analyzer-1", 8)
        batch = await world.upload(1_000)
        await until(lambda: _open(world, batch, 4))
        await world.empty(SLICES)
        async with world.analyzer():
            await world.whole(batch, 1_000)
    assert max(work.dispatch for work in world.seen) == 2


async def test_slices_that_merely_wait_for_an_analyzer_are_not_sent_again(world: World) -> None:
    async with world.member():
        await world.room.say("analyzer-1", 8)
        waiting = await world.upload(256)
        await until(lambda: _open(world, waiting, 4))
        epoch = await world.owner_epoch(waiting)
    # A new owner counts their age from the dispatch: they are overdue at once, and still in the log.
    await world.pool.execute("update ingest.slices set dispatched_at = now() - interval '1 hour'")
    async with world.member():
        await until(lambda: _claimed(world, waiting, epoch + 1))
        async with world.analyzer():
            await world.whole(waiting, 256)
    assert set(world.dispatches(waiting).values()) == {1}


async def test_outcomes_emptied_from_their_topic_do_no_harm(world: World) -> None:
    async with world.analyzer(slices=4):
        async with world.member():
            batch = await world.upload(3_000)
            await until(lambda: len(world.seen) > 8)
        await world.empty(OUTCOMES)
        async with world.member():
            await world.whole(batch, 3_000)
    assert set(world.dispatches(batch).values()) == {1}


async def test_a_former_owner_s_booking_is_refused_and_the_batch_claimed_again(world: World) -> None:
    async with world.analyzer(slices=4), world.member():
        batch = await world.upload(6_000)
        await until(lambda: len(world.seen) > 8)
        await world.pool.execute("update ingest.batches set owner_epoch = owner_epoch + 1")
        await world.whole(batch, 6_000)
    assert await world.owner_epoch(batch) == 3
    assert max(world.dispatches(batch).values()) <= 2


async def _open(world: World, batch: object, slices: int) -> bool:
    found = await world.pool.fetchval("select count(*) from ingest.slices where batch_id = $1", batch)
    return bool(found >= slices)


async def _claimed(world: World, batch: object, epoch: int) -> bool:
    found = await world.pool.fetchval("select owner_epoch from ingest.batches where batch_id = $1", batch)
    return bool(found == epoch)


async def test_what_an_operator_wants_again_is_handed_out_again_once(world: World) -> None:
    async def dispatches() -> dict[int, int]:
        rows = await world.pool.fetch(
            "select first_row, dispatch from ingest.slices where batch_id = $1", batch
        )
        return {row["first_row"]: row["dispatch"] for row in rows}

    async def ask(first_row: int) -> None:
        await world.pool.execute(
            "insert into gateway.resets (batch_id, first_row) values ($1, $2)", batch, first_row
        )

    async def are(wanted: dict[int, int]) -> None:
        async def so() -> bool:
            return await dispatches() == wanted

        await until(so)

    await world.room.say("analyzer-1", 4)
    async with world.member():
        batch = await world.upload(128)
        await are({1: 1, 65: 1})
        await ask(65)
        await are({1: 1, 65: 2})
        await ask(0)
        await are({1: 2, 65: 3})
        async with world.analyzer():
            await world.whole(batch, 128)
    assert world.dispatches(batch) == {1: 2, 65: 3}
