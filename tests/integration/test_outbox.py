"""The outbox: what a transaction made true is published, at least once, and nothing else is."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaTimeoutError

from shared import metrics, outbox
from shared.ends import end
from shared.events import BatchCancelled, BatchCompleted, BatchEvent, BatchFailed, BatchStarted
from shared.kafka import producer as producer_of
from shared.outbox import Relay
from shared.stopping import Stop
from shared.topics import BATCHES, Named, Topic, create_topics
from shared.wire import Decoder
from tests.integration.analyzer_parts import pool_of, until

_decoder: Decoder[Any] = Decoder([BatchStarted, BatchCompleted, BatchCancelled, BatchFailed])


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    async with pool_of(database_url) as made:
        yield made


class Broker:
    """Keeps what it is given; refuses while `away`."""

    def __init__(self, away: bool = False) -> None:
        self.away = away
        self.got: list[BatchEvent] = []

    async def send_raw(
        self, topic: Topic, key: bytes, body: bytes, headers: Iterable[tuple[str, bytes]]
    ) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise KafkaTimeoutError
        assert topic == BATCHES
        self.got.append(_decoder.decode(headers, body))


def relay(pool: Any, broker: Broker) -> Relay:
    producer: Any = broker
    return Relay(pool, producer)


def started(batch: UUID | None = None, version: int = 1) -> BatchStarted:
    return BatchStarted(batch_id=batch or uuid4(), at=datetime.now(UTC), version=version)


async def left(pool: Any) -> int:
    return int(await pool.fetchval("select count(*) from lifecycle.outbox"))


async def test_an_event_reaches_kafka_as_it_was_put(pool: Any, kafka: str, topic_prefix: str) -> None:
    names, event = Named(topic_prefix), started()
    await create_topics(kafka, topic_prefix)
    async with pool.acquire() as connection, connection.transaction():
        await outbox.put(connection, BATCHES, event)
    async with producer_of(kafka, names) as producer:
        stop = Stop()
        running = asyncio.create_task(Relay(pool, producer).run(stop))
        reader = AIOKafkaConsumer(names.topic(BATCHES), bootstrap_servers=kafka, auto_offset_reset="earliest")
        await reader.start()
        try:
            record = await asyncio.wait_for(reader.getone(), 20)
        finally:
            await reader.stop()
        stop.ask()
        await running
    assert _decoder.decode(record.headers, record.value) == event
    assert record.key == str(event.batch_id).encode()
    assert await left(pool) == 0


async def test_what_was_rolled_back_is_never_published(pool: Any) -> None:
    broker = Broker()
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await outbox.put(connection, BATCHES, started())
        await transaction.rollback()
    assert await relay(pool, broker).publish_some() == 0
    assert broker.got == []


async def test_what_commits_late_is_published_too(pool: Any) -> None:
    """Its id is lower than one that was published already (rule 11)."""
    broker, early, late = Broker(), started(), started()
    async with pool.acquire() as slow, pool.acquire() as quick:
        transaction = slow.transaction()
        await transaction.start()
        await outbox.put(slow, BATCHES, late)
        await outbox.put(quick, BATCHES, early)
        await relay(pool, broker).publish_some()
        assert broker.got == [early]
        await transaction.commit()
    await relay(pool, broker).publish_some()
    assert broker.got == [early, late]


async def test_several_relays_share_the_work_without_repeating_it(pool: Any) -> None:
    broker, events = Broker(), [started(version=n) for n in range(1, 301)]
    async with pool.acquire() as connection, connection.transaction():
        for event in events:
            await outbox.put(connection, BATCHES, event)
    await asyncio.gather(*(relay(pool, broker).publish_some() for _ in range(3)))
    while await relay(pool, broker).publish_some():
        pass
    assert sorted(event.version for event in broker.got) == list(range(1, 301))


async def test_an_outage_of_kafka_is_waited_out(pool: Any) -> None:
    broker, stop = Broker(away=True), Stop()
    async with pool.acquire() as connection:
        await outbox.put(connection, BATCHES, started())
        await connection.execute("update lifecycle.outbox set created_at = now() - interval '1 minute'")
    running = asyncio.create_task(relay(pool, broker).run(stop))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(running), 0.3)
    assert await left(pool) == 1
    assert metrics.OUTBOX_AGE._value.get() > 60, "the age is seen to rise during the outage"
    broker.away = False

    async def published() -> bool:
        return bool(broker.got) and await left(pool) == 0

    await until(published)
    stop.ask()
    await asyncio.wait_for(running, 5)


async def test_the_first_end_of_a_run_wins_and_is_told_once(pool: Any) -> None:
    batch, at = uuid4(), datetime.now(UTC)
    counts: dict[str, Any] = {"version": 1, "total_urls": 10, "successful": 9, "failed": 1}
    kinds = (BatchCompleted, BatchCancelled, BatchFailed)
    events = [kind(batch_id=batch, at=at, **counts) for kind in kinds]

    async def write(event: Any) -> bool:
        async with pool.acquire() as connection, connection.transaction():
            return await end(connection, event)

    won = await asyncio.gather(*(write(event) for event in events))
    assert sorted(won) == [False, False, True]
    broker = Broker()
    await relay(pool, broker).publish_some()
    assert broker.got == [events[won.index(True)]]
    assert (
        await pool.fetchval("select kind from lifecycle.terminal")
        == ("completed", "cancelled", "failed")[won.index(True)]
    )


async def test_a_new_run_ends_again(pool: Any) -> None:
    batch, at = uuid4(), datetime.now(UTC)
    async with pool.acquire() as connection, connection.transaction():
        for run in (1, 2):
            event = BatchCompleted(
                batch_id=batch, at=at, version=run, run=run, total_urls=1, successful=1, failed=0
            )
            assert await end(connection, event)
