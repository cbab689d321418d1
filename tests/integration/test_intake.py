"""The intake on a real broker: the contiguous prefix, rebalances that keep work in hand, poison (rule 10)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.events import SliceFinished
from shared.ids import slice_id
from shared.intake import Intake
from shared.kafka import consumer
from shared.stopping import Stop
from shared.topics import OUTCOMES, PARTITIONS
from shared.wire import Decoder, headers_of
from tests.integration.results_world import WAIT_SECONDS, World, until, world

GROUP = "intake-test"


@pytest.fixture
async def here(database_url: str, redis_url: str, kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, kafka, topic_prefix) as made:
        yield made


def finished(batch_number: int, first_row: int) -> SliceFinished:
    batch = UUID(int=batch_number)
    return SliceFinished(
        batch_id=batch,
        at=datetime.now(UTC),
        slice_id=slice_id(batch, first_row),
        first_row=first_row,
        dispatch=1,
        worker="analyzer-1",
    )


async def send(here: World, count: int, start: int = 1) -> None:
    events = [finished(number % 40, number) for number in range(start, start + count)]
    await asyncio.gather(*[await here.producer.send(OUTCOMES, str(e.batch_id).encode(), e) for e in events])


@asynccontextmanager
async def member(
    here: World, name: str, handle: Callable[[SliceFinished], Awaitable[None]], capacity: int = 8
) -> AsyncIterator[Intake[SliceFinished]]:
    stop = Stop()
    group = here.names.group(GROUP)
    async with consumer(here.settings.kafka_bootstrap_servers, group, name) as reader:
        intake = Intake(reader, here.producer, OUTCOMES, Decoder([SliceFinished]), handle, capacity)
        running = asyncio.create_task(intake.run([here.names.topic(OUTCOMES)], stop))
        try:
            yield intake
        finally:
            stop.ask()
            async with asyncio.timeout(WAIT_SECONDS):
                await running


async def committed(here: World) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=here.settings.kafka_bootstrap_servers)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(here.names.group(GROUP))
        topic = here.names.topic(OUTCOMES)
        tps = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        return sum(offsets[tp].offset for tp in tps if tp in offsets and offsets[tp].offset > 0)
    finally:
        await admin.close()


async def test_every_event_is_handled_and_acknowledged_within_capacity(here: World) -> None:
    seen: list[int] = []
    at_once = Counter[str]()

    async def handle(event: SliceFinished) -> None:
        at_once["now"] += 1
        at_once["most"] = max(at_once["most"], at_once["now"])
        await asyncio.sleep(0)
        at_once["now"] -= 1
        seen.append(event.first_row)

    await send(here, 300)
    async with member(here, "member-1", handle, capacity=8):
        await until(lambda: is_true(len(seen) >= 300))
    assert sorted(seen) == list(range(1, 301))
    assert at_once["most"] <= 8
    assert await committed(here) == 300


async def test_only_the_finished_prefix_is_acknowledged(here: World) -> None:
    """Row 1 hangs: nothing right of it in its partition is acknowledged, so it comes again."""
    release, seen = asyncio.Event(), list[int]()
    one_partition = [finished(1, number) for number in range(1, 11)]
    await asyncio.gather(*[await here.producer.send(OUTCOMES, b"same", event) for event in one_partition])

    async def handle(event: SliceFinished) -> None:
        if event.first_row == 1:
            await release.wait()
        seen.append(event.first_row)

    async with member(here, "member-1", handle, capacity=16):
        await until(lambda: is_true(len(seen) == 9))
        await asyncio.sleep(1.2)  # two commit intervals: what it must not do needs time to happen
        assert await committed(here) == 0
        release.set()
        await until(lambda: is_true(len(seen) == 10))
    assert await committed(here) == 10


async def test_members_that_join_and_leave_lose_nothing_and_repeat_nothing_in_hand(here: World) -> None:
    """A member keeps what it has in hand through rebalances and does not begin it a second time."""
    begun: dict[str, Counter[int]] = {"member-1": Counter(), "member-2": Counter()}
    done: set[int] = set()
    gate = asyncio.Event()

    def worker(name: str) -> Callable[[SliceFinished], Awaitable[None]]:
        async def handle(event: SliceFinished) -> None:
            begun[name][event.first_row] += 1
            if name == "member-1" and not gate.is_set() and len(begun[name]) <= 8:
                await gate.wait()
            done.add(event.first_row)

        return handle

    await send(here, 200)
    async with member(here, "member-1", worker("member-1"), capacity=8) as first:
        await until(lambda: is_true(first.running == 8))
        in_hand = set(begun["member-1"])
        for _ in range(2):
            async with member(here, "member-2", worker("member-2"), capacity=8):
                await until(lambda: is_true(len(begun["member-2"]) > 0))
        assert first.running == 8
        gate.set()
        await until(lambda: is_true(len(done) == 200))
    assert {row: begun["member-1"][row] for row in in_hand} == dict.fromkeys(in_hand, 1)
    assert await committed(here) == 200


async def test_poison_is_buried_and_passed(here: World) -> None:
    seen: list[int] = []

    async def handle(event: SliceFinished) -> None:
        seen.append(event.first_row)

    await here.producer.send_raw(OUTCOMES, b"k", b"{", headers_of(finished(1, 1)))
    await here.producer.send_raw(OUTCOMES, b"k", b"{}", [("ce_type", b"something.else.v1")])
    await send(here, 5)
    async with member(here, "member-1", handle):
        await until(lambda: is_true(len(seen) == 5))
    assert await committed(here) == 7
    assert {record.value for record in await here.dead_letters(OUTCOMES)} == {b"{", b"{}"}


async def test_a_handler_that_raises_ends_the_intake(here: World) -> None:
    async def handle(_event: SliceFinished) -> None:
        raise LookupError("a defect")

    await send(here, 1)
    group = here.names.group(GROUP)
    async with consumer(here.settings.kafka_bootstrap_servers, group, "member-1") as reader:
        intake = Intake(reader, here.producer, OUTCOMES, Decoder([SliceFinished]), handle, 8)
        with pytest.raises(LookupError):
            async with asyncio.timeout(WAIT_SECONDS):
                await intake.run([here.names.topic(OUTCOMES)], Stop())


async def is_true(value: bool) -> bool:
    return value
