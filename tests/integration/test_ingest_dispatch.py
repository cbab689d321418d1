"""Ingest on real servers: every row is handed out once, whatever is lost, restarted or told twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from shared.desired import State
from shared.events import SliceDispatched, SliceFinished
from shared.ids import chunk_id, slice_id
from tests.integration.ingest_world import (
    FRESH_SINCE,
    OUTCOMES,
    QUICK,
    World,
    a_world,
    finish,
    release,
    until,
)


@pytest.fixture
async def world(
    database_url: str, redis_url: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[World]:
    async with a_world(database_url, redis_url, kafka, topic_prefix, tmp_path, most=2) as made:
        yield made


async def test_every_row_is_handed_out_once_in_slices_of_its_chunk(world: World) -> None:
    async with world.analyzer(), world.member():
        batch = await world.upload(1_000, chunk_size=150)
        await world.whole(batch, 1_000)
    assert sorted(row.row_no for work in world.seen for row in work.rows) == list(range(1, 1_001))
    for work in world.seen:
        first, last = work.rows[0].row_no, work.rows[-1].row_no
        assert len(work.rows) <= 64
        assert (first - 1) // 150 == (last - 1) // 150 == work.chunk_no - 1
        assert work.slice_id == slice_id(batch, first)
        assert work.chunk_id == chunk_id(batch, work.chunk_no)
        assert (work.columns, work.rows[0].extra, work.dispatch) == (("branch",), ("x",), 1)
        assert work.fresh_since == FRESH_SINCE


async def test_a_batch_that_nobody_announced_is_found(world: World) -> None:
    async with world.analyzer(), world.member():
        batch = await world.upload(100, announce=False)
        await world.whole(batch, 100)


async def test_a_start_is_told_in_the_outbox(world: World) -> None:
    async with world.member():
        batch = await world.upload(10)
        await until(lambda: _is_started(world, batch))
    headers = await world.pool.fetchval("select headers->>'ce_type' from lifecycle.outbox")
    assert headers == "enterprise.image-analyzer.batch.started.v1"


async def test_a_held_batch_is_not_started_until_it_is_wanted(world: World) -> None:
    async with world.analyzer(), world.member():
        held = await world.upload(100, desired=State.HELD)
        other = await world.upload(100)
        await world.whole(other, 100)
        assert not world.dispatches(held)
        await world.want(held, State.RUNNING)
        await world.whole(held, 100)


async def test_only_so_many_batches_start_and_the_forced_one_beyond(world: World) -> None:
    async with world.member():
        first = await world.upload(10, weight=1)
        second = await world.upload(10, weight=1)
        await until(lambda: _are_started(world, {first, second}))
        light = await world.upload(10, weight=1)
        heavy = await world.upload(10, weight=5)
        forced = await world.upload(10, force_start=True)
        await until(lambda: _are_started(world, {first, second, forced}))
        await world.want(forced, State.CANCELLED)
        await world.want(first, State.CANCELLED)
        await until(lambda: _is_started(world, heavy))
        assert light not in await world.started()


async def test_a_pause_stops_the_dispatch_and_released_slices_go_out_on_resume(world: World) -> None:
    async def hold(_world: World, work: SliceDispatched) -> None:
        in_hand.append(work)

    in_hand: list[SliceDispatched] = []
    world.answer = hold
    async with world.analyzer(slices=4), world.member():
        batch = await world.upload(3_000)
        await until(lambda: len(in_hand) == 4)
        await world.want(batch, State.PAUSED)
        world.answer = release
        for work in in_hand:
            await release(world, work)
        await until(lambda: _all_released(world))
        given_back = len(world.seen)
        world.answer = finish
        await world.want(batch, State.RUNNING)
        await world.whole(batch, 3_000)
    assert given_back < 40
    assert (
        sum(world.dispatches(batch).values()) == sum(-(-rows // 64) for rows in (2_000, 1_000)) + given_back
    )


async def test_a_cancelled_batch_leaves_the_book(world: World) -> None:
    async with world.analyzer(slices=2), world.member():
        world.answer = release
        batch = await world.upload(1_000)
        await until(lambda: len(world.seen) >= 2)
        await world.want(batch, State.CANCELLED)
        await until(lambda: _closed(world, batch))
        seen = len(world.seen)
        world.answer = finish
        other = await world.upload(100)
        await world.whole(other, 100)
    assert sum(world.dispatches(batch).values()) <= seen + 2


async def test_outcomes_told_twice_or_of_an_older_dispatch_change_nothing(world: World) -> None:
    async def twice(world: World, work: SliceDispatched) -> None:
        old = SliceDispatched(
            **{name: getattr(work, name) for name in work.__struct_fields__} | {"dispatch": 0}
        )
        await world.tell(SliceFinished, old)
        await finish(world, work)
        await world.tell(SliceFinished, work)

    world.answer = twice
    async with world.analyzer(), world.member():
        batch = await world.upload(600)
        await world.whole(batch, 600)
    assert set(world.dispatches(batch).values()) == {1}


async def test_a_restart_in_the_middle_goes_on_from_the_book(world: World) -> None:
    async with world.analyzer(slices=4):
        async with world.member():
            batch = await world.upload(5_000)
            await until(lambda: len(world.seen) > 10)
        assert await world.stored(batch) < 5_000
        async with world.member():
            await world.whole(batch, 5_000)
    assert await world.owner_epoch(batch) == 2
    assert set(world.dispatches(batch).values()) == {1}


async def test_two_members_share_the_batches_and_a_joining_one_takes_over(world: World) -> None:
    async with world.analyzer(slices=6), world.member("ingest-1"):
        batches = [await world.upload(3_000, force_start=True) for _ in range(8)]
        await until(lambda: len(world.seen) > 20)
        async with world.member("ingest-2"):
            await asyncio.gather(*(world.whole(batch, 3_000) for batch in batches))
            epochs = [await world.owner_epoch(batch) for batch in batches]
    assert max(epochs) == 2
    for batch in batches:
        assert max(world.dispatches(batch).values()) <= 2


async def test_a_small_batch_behind_a_huge_one_starts_at_once(world: World) -> None:
    async def hold_huge(world: World, work: SliceDispatched) -> None:
        if work.batch_id != huge:
            await finish(world, work)

    async with world.analyzer(slices=8), world.member():
        huge = await world.upload(100_000)
        world.answer = hold_huge
        await until(lambda: sum(world.dispatches(huge).values()) >= 4)
        small = await world.upload(100)
        await world.whole(small, 100)


async def test_a_batch_whose_file_is_gone_fails_with_a_reason(world: World) -> None:
    at_once = msgspec.structs.replace(QUICK, gone_after=0.0)
    async with world.analyzer(), world.member(timing=at_once):
        batch = await world.upload(100, announce=False, desired=State.HELD)
        (world.blobs / f"{batch}.jsonl").unlink()
        await world.want(batch, State.RUNNING)
        await until(lambda: _closed(world, batch))
    end = await world.pool.fetchrow("select kind, reason from lifecycle.terminal where batch_id = $1", batch)
    assert tuple(end) == ("failed", "The stored rows of this batch are gone.")


async def test_a_file_that_was_not_found_for_a_while_is_read_when_it_is_back(world: World) -> None:
    async with world.analyzer(), world.member():
        batch = await world.upload(100, announce=False, desired=State.HELD)
        here, elsewhere = world.blobs / f"{batch}.jsonl", world.blobs / "not-mounted"
        here.rename(elsewhere)
        with capture_logs() as said:
            await world.want(batch, State.RUNNING)
            await until(lambda: any("does not find" in each["event"] for each in said))
        elsewhere.rename(here)
        await world.whole(batch, 100)
    assert await world.pool.fetchval("select count(*) from lifecycle.terminal") == 0


async def test_a_batch_whose_file_was_cut_fails_and_the_others_go_on(world: World) -> None:
    async with world.analyzer(), world.member():
        batch = await world.upload(5_000, announce=False, desired=State.HELD)
        path = world.blobs / f"{batch}.jsonl"
        path.write_bytes(path.read_bytes()[:20_000])
        await world.want(batch, State.RUNNING)
        other = await world.upload(1_000)
        await until(lambda: _closed(world, batch))
        await world.whole(other, 1_000)
    reason = await world.pool.fetchval("select reason from lifecycle.terminal where batch_id = $1", batch)
    assert "end before row" in reason


async def test_a_batch_with_more_column_names_than_fit_into_an_event_fails(world: World) -> None:
    async with world.analyzer(), world.member():
        batch = await world.upload(100, announce=False, desired=State.HELD)
        wide = ["x" * 200 for _ in range(3_000)]
        await world.pool.execute("update gateway.batches set columns = $2 where batch_id = $1", batch, wide)
        await world.want(batch, State.RUNNING)
        await until(lambda: _closed(world, batch))
    reason = await world.pool.fetchval("select reason from lifecycle.terminal where batch_id = $1", batch)
    assert reason == "The names of the upload's columns are too long to process."
    said = "select convert_from(body, 'UTF8') from lifecycle.outbox where key = $1"
    event = msgspec.json.decode(await world.pool.fetchval(said, str(batch).encode()))
    assert (event["version"], event["attempts"]) == (2, 0)


async def test_poison_among_the_outcomes_goes_to_the_dead_letters(world: World) -> None:
    async with world.analyzer(), world.member():
        await world.producer.send_raw(OUTCOMES, b"key", b"no event", [])
        batch = await world.upload(100)
        await world.whole(batch, 100)
        await until(lambda: _buried(world))


async def _buried(world: World) -> bool:
    return await world.records(OUTCOMES.dead_letters) == 1


async def _is_started(world: World, batch: object) -> bool:
    return batch in await world.started()


async def _are_started(world: World, batches: set[object]) -> bool:
    return await world.started() == batches


async def _all_released(world: World) -> bool:
    query = "select count(*), count(released_at) from ingest.slices"
    slices, released = await world.pool.fetchrow(query)
    return bool(slices == released == len(world.seen))


async def _closed(world: World, batch: object) -> bool:
    found = await world.pool.fetchval(
        "select closed_at is not null from ingest.batches where batch_id = $1", batch
    )
    return bool(found)
