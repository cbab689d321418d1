"""What users want of a batch, in Redis: the higher version is right, whoever writes it and when."""

import itertools
import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from services.analyzer.states import States
from shared.desired import Desired, DesiredMirror, State, key
from shared.room import Room
from tests.integration.analyzer_parts import insert_batch, pool_of, redis_of


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Redis]:
    async with redis_of(redis_url) as client:
        yield client


async def test_the_higher_version_wins_in_whatever_order(store: Redis) -> None:
    mirror = DesiredMirror(store)
    steps = [Desired(1, State.RUNNING), Desired(2, State.PAUSED), Desired(10, State.RUNNING)]
    for order in itertools.permutations(steps):
        batch = uuid4()
        for step in order:
            await mirror.write(batch, step)
        assert await mirror.read([batch]) == {batch: steps[-1]}


async def test_of_one_version_the_first_stays(store: Redis) -> None:
    mirror, batch = DesiredMirror(store), uuid4()
    await mirror.write(batch, Desired(3, State.PAUSED))
    await mirror.write(batch, Desired(3, State.RUNNING))
    assert (await mirror.read([batch]))[batch].state is State.PAUSED


async def test_what_the_mirror_does_not_know_is_left_out(store: Redis) -> None:
    mirror = DesiredMirror(store)
    assert await mirror.read([]) == {}
    assert await mirror.read([uuid4()]) == {}


async def test_a_batch_that_is_paused_for_long_is_kept(store: Redis) -> None:
    batch = uuid4()
    await DesiredMirror(store).write(batch, Desired(1, State.PAUSED))
    assert await store.ttl(key(batch)) > 30 * 86_400


async def test_postgres_is_the_truth_and_a_batch_that_is_gone_does_not_run(
    store: Redis, database_url: str
) -> None:
    running, paused, gone = (UUID(int=n) for n in (1, 2, 3))
    async with pool_of(database_url) as pool:
        await insert_batch(pool, running, version=4)
        await insert_batch(pool, paused, state=State.PAUSED, version=5)
        mirror = DesiredMirror(store)
        states = States(mirror, pool)
        everything = [running, paused, gone]
        assert await states.not_running(everything) == set(), "nothing is known yet"
        await mirror.write(running, Desired(3, State.PAUSED))
        await states.refresh(everything)
        assert await states.not_running(everything) == {paused, gone}
        assert (await mirror.read([running]))[running] == Desired(4, State.RUNNING)


async def test_the_room_of_all_who_live_is_added_up(store: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this host's clock shows."""
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    room = Room(store)
    assert await room.total() == 0
    await room.say("analyzer-1", 16)
    await room.say("analyzer-2", 16)
    await room.say("analyzer-2", 8)
    await store.hset("analyzers", "analyzer-3", "16 1000000000")
    assert await room.total() == 24
    assert await store.hexists("analyzers", "analyzer-3") == 0
