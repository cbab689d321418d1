"""What a projection waits for, and what it never waits for."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from shared import projection as module
from shared.events import SliceFinished
from shared.projection import Projection, Taken
from shared.stopping import Stop
from shared.wire import Decoder
from tests.contract.test_events import golden

TP = TopicPartition("outcomes", 0)


class Consumer:
    """Has one record; a commit is answered as soon as `answers` is set."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.records = [record()]

    def subscribe(self, names: list[str], listener: object) -> None: ...

    async def getmany(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0)
        polled, self.records = self.records, []
        return {TP: polled} if polled else {}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        await self.answers.wait()


class Pool:
    """Postgres, as far as a projection speaks to it; refuses connections while `away`."""

    away = False

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["Pool"]:
        if self.away:
            raise OSError
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def execute(self, _statement: str, *_values: object) -> str:
        return "INSERT 0 1"


class Seen:
    def __init__(self) -> None:
        self.after = 0

    async def project(self, _connection: object, _taken: Sequence[Taken[SliceFinished]]) -> None: ...

    async def then(self, taken: Sequence[Taken[SliceFinished]]) -> None:
        self.after += len(taken)


def record(offset: int = 0) -> Any:
    headers, body = golden("slice.finished.v1")
    return SimpleNamespace(
        topic=TP.topic, partition=0, offset=offset, headers=headers, value=json.dumps(body).encode()
    )


def made(consumer: Consumer, pool: Pool, seen: Seen, letters: object = None) -> Projection[SliceFinished]:
    fakes: Any = SimpleNamespace(consumer=consumer, pool=pool, dead_letters=letters)
    decoder = Decoder([SliceFinished])
    return Projection("s", fakes.pool, fakes.consumer, fakes.dead_letters, decoder, seen.project, seen.then)


async def settled(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


async def test_what_follows_a_commit_does_not_wait_for_kafka() -> None:
    consumer, seen, stop = Consumer(), Seen(), Stop()
    running = asyncio.create_task(made(consumer, Pool(), seen).run(["outcomes"], stop))
    await settled(lambda: seen.after == 1)
    consumer.answers.set()
    stop.ask()
    await asyncio.wait_for(running, 5)


async def test_a_coordinator_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_COMMIT_SECONDS", 0.05)
    consumer, seen, stop = Consumer(), Seen(), Stop()
    running = asyncio.create_task(made(consumer, Pool(), seen).run(["outcomes"], stop))
    await settled(lambda: seen.after == 1)
    stop.ask()
    await asyncio.wait_for(running, 5)


async def test_it_says_that_it_waits_while_postgres_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the watchdog takes no outage for a consumer that is stuck."""
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)
    consumer, pool, seen, stop = Consumer(), Pool(), Seen(), Stop()
    consumer.answers.set()
    pool.away = True
    projection = made(consumer, pool, seen)
    assert not projection.waiting
    running = asyncio.create_task(projection.run(["outcomes"], stop))
    await settled(lambda: projection.waiting)
    pool.away = False
    await settled(lambda: seen.after == 1)
    assert not projection.waiting
    stop.ask()
    await asyncio.wait_for(running, 5)


POISON = 5


class Log(Consumer):
    """Ten records, one a poll, from where it stands; one of them is no event."""

    def __init__(self) -> None:
        super().__init__()
        self.answers.set()
        self.position = 0

    async def getmany(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0)
        if self.position == 10:
            return {}
        self.position += 1
        found = record(self.position - 1)
        if found.offset == POISON:
            found.value = b"{no json"
        return {TP: [found]}

    def seek(self, _tp: TopicPartition, offset: int) -> None:
        self.position = offset

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset({TP})


class Offsets(Pool):
    """Compares and sets, in transactions."""

    stored: int | None = None
    moved: int | None = None
    refused = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        await asyncio.sleep(0)
        yield
        await asyncio.sleep(0)
        self.stored = self.moved

    async def execute(self, _statement: str, *values: object) -> str:
        _topics, _partitions, (now,), (was,) = values  # type: ignore[misc]  # lists of one
        await asyncio.sleep(0)
        self.moved = now  # type: ignore[has-type]
        self.refused += was != self.stored  # type: ignore[has-type]
        return f"INSERT 0 {int(was == self.stored)}"  # type: ignore[has-type]

    async def fetch(self, _statement: str, *_values: object) -> list[dict[str, Any]]:
        await asyncio.sleep(0)
        stored = [] if self.stored is None else [self.stored]
        return [{"topic": TP.topic, "partition": 0, "next_offset": offset} for offset in stored]


@pytest.mark.parametrize("ticks", range(40))
async def test_a_rebalance_at_any_moment_loses_nothing_and_projects_nothing_twice(ticks: int) -> None:
    consumer, pool, stop = Log(), Offsets(), Stop()
    projected: list[int] = []
    buried: list[int] = []

    class Letters:
        async def bury(self, record: Any, _why: str) -> None:
            buried.append(record.offset)

    class Each(Seen):
        async def then(self, taken: Sequence[Taken[SliceFinished]]) -> None:
            projected.extend(one.record.offset for one in taken)

    projection = made(consumer, pool, Each(), Letters())
    running = asyncio.create_task(projection.run(["outcomes"], stop))
    for _ in range(ticks):
        await asyncio.sleep(0)
    await projection.on_partitions_assigned([TP])
    await settled(lambda: len(projected) >= 9)
    stop.ask()
    await asyncio.wait_for(running, 5)
    assert projected == [offset for offset in range(10) if offset != POISON]
    assert set(buried) == {POISON}
    assert len(buried) <= 1 + pool.refused, "what was read and dropped is no dead letter yet"
