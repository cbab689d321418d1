"""What stands around exporter and monitor in their tests: batches as the gateway leaves them, results as
analyzers send them, members to start and stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.exporter.main import start
from services.exporter.settings import ExporterSettings
from services.gateway.retry import Which, retry
from shared.error_classes import ErrorClass
from shared.events import ImageAnalyzed
from shared.ids import chunk_id, result_id
from shared.kafka import Producer, Record, producer
from shared.ops import Health
from shared.postgres import Pool, pool
from shared.stopping import Stop
from shared.topics import PARTITIONS, RESULTS, Named, Topic, create_topics
from shared.wire import headers_of

WAIT_SECONDS = 30.0
WHOLE = Which()


class World:
    """One database and one topic prefix."""

    def __init__(self, settings: ExporterSettings, database: Pool, sender: Producer) -> None:
        self.settings = settings
        self.pool = database
        self.producer = sender
        self.names = Named(settings.topic_prefix)

    async def batch(
        self,
        total: int,
        chunk_size: int = 2_000,
        columns: tuple[str, ...] = (),
        desired: str = "running",
        name: str = "shops",
    ) -> UUID:
        batch_id = uuid4()
        await self.pool.execute(
            "insert into gateway.batches (batch_id, name, original_filename, total_urls, chunk_size, columns,"
            " region, rows_path, upload_path, desired)"
            " values ($1, $2, 'f.csv', $3, $4, $5, 'US', 'r', 'u', $6)",
            batch_id,
            name,
            total,
            chunk_size,
            list(columns),
            desired,
        )
        return batch_id

    async def send(self, *events: ImageAnalyzed) -> None:
        """Acknowledged when it returns."""
        futures = [await self.producer.send(RESULTS, str(e.chunk_id).encode(), e) for e in events]
        await asyncio.gather(*futures)

    async def send_as_it_is(self, event: ImageAnalyzed, body: bytes | None = None) -> None:
        """Past the encoder that cleans and caps."""
        key = str(event.chunk_id).encode()
        await self.producer.send_raw(RESULTS, key, body or msgspec.json.encode(event), headers_of(event))

    async def counts(self, batch_id: UUID) -> tuple[int, int, int, int]:
        """Processed, successful and failed by the chunks' counters, and the rows, in one snapshot."""
        row = await self.pool.fetchrow(
            "select coalesce(sum(processed), 0), coalesce(sum(successful), 0), coalesce(sum(failed), 0),"
            " (select count(*) from exporter.results where batch_id = $1)"
            " from exporter.chunks where batch_id = $1",
            batch_id,
        )
        assert row is not None
        return int(row[0]), int(row[1]), int(row[2]), int(row[3])

    async def cost(self, batch_id: UUID) -> tuple[int, int]:
        """Micro-dollars and units, by the chunks' counters."""
        row = await self.pool.fetchrow(
            "select sum(cost), sum(units) from exporter.chunks where batch_id = $1", batch_id
        )
        assert row is not None
        return int(row[0]), int(row[1])

    async def errors(self, batch_id: UUID) -> dict[str, int]:
        """Failed rows by class, by the chunks' counters."""
        rows = await self.pool.fetch(
            "select e.key, sum(e.value::int)::int as rows from exporter.chunks, jsonb_each_text(errors) e"
            " where batch_id = $1 group by e.key",
            batch_id,
        )
        return {row["key"]: row["rows"] for row in rows}

    async def ended(self, batch_id: UUID) -> str | None:
        """The end of its present run."""
        kind: str | None = await self.pool.fetchval(
            "select kind from lifecycle.terminal join gateway.batches using (batch_id, run)"
            " where batch_id = $1",
            batch_id,
        )
        return kind

    async def retry(self, batch_id: UUID, which: Which = WHOLE) -> int:
        """As the gateway does it: the rows that are tried again."""
        return (await retry(self.pool, batch_id, which)).rows

    async def ends_announced(self, batch_id: UUID) -> int:
        key = str(batch_id).encode()
        return int(await self.pool.fetchval("select count(*) from lifecycle.outbox where key = $1", key))

    async def attempts_announced(self, batch_id: UUID) -> list[int]:
        """Of its ends, by run: what subscribers have to have read."""
        rows = await self.pool.fetch(
            "select convert_from(body, 'UTF8')::json as event from lifecycle.outbox"
            " where key = $1 and headers ->> 'ce_type' like '%completed%' order by id",
            str(batch_id).encode(),
        )
        return [msgspec.json.decode(row["event"])["attempts"] for row in rows]

    async def until_ended(self, batch_id: UUID, kind: str = "completed") -> None:
        async def is_ended() -> bool:
            return await self.ended(batch_id) == kind

        await until(is_ended)

    async def dead_letters(self, topic: Topic = RESULTS) -> list[Record]:
        return await records(self.settings.kafka_bootstrap_servers, self.names.topic(topic.dead_letters))

    @asynccontextmanager
    async def exporter(self, instance: str = "exporter-1") -> AsyncIterator[None]:
        settings = msgspec.structs.replace(self.settings, instance=instance)
        stop = Stop()
        running = asyncio.create_task(start(settings, Health(), stop))
        try:
            yield
        finally:
            stop.ask()
            async with asyncio.timeout(WAIT_SECONDS):
                await running


def result(
    batch_id: UUID, row_no: int, *, attempt: int = 1, chunk_size: int = 2_000, **fields: Any
) -> ImageAnalyzed:
    """Successful unless `error_class` says otherwise."""
    chunk_no = (row_no - 1) // chunk_size + 1
    error_class: ErrorClass | None = fields.get("error_class")
    return ImageAnalyzed(
        batch_id=batch_id,
        at=datetime.now(UTC),
        result_id=result_id(batch_id, row_no),
        chunk_id=chunk_id(batch_id, chunk_no),
        chunk_no=chunk_no,
        row_no=row_no,
        url=fields.pop("url", f"https://example.com/{row_no}.jpg"),
        success=error_class is None,
        attempt=attempt,
        worker=fields.pop("worker", "analyzer-1"),
        **fields,
    )


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = WAIT_SECONDS) -> None:
    """Polls; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)


async def records(bootstrap: str, topic: str) -> list[Record]:
    """All that a topic holds now."""
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await reader.start()
    try:
        tps = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        ends = await reader.end_offsets(tps)
        starts = await reader.beginning_offsets(tps)
        reader.assign(tps)
        await reader.seek_to_beginning()
        wanted = sum(ends[tp] - starts[tp] for tp in tps)
        found: list[Record] = []
        async with asyncio.timeout(WAIT_SECONDS):
            while len(found) < wanted:
                polled = await reader.getmany(timeout_ms=200)
                found += [record for some in polled.values() for record in some]
        return found
    finally:
        await reader.stop()


@asynccontextmanager
async def world(database_url: str, redis_url: str, kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    with TemporaryDirectory() as blobs:
        settings = ExporterSettings(
            blob_url=f"file://{blobs}",
            database_url=database_url,
            redis_url=redis_url,
            kafka_bootstrap_servers=kafka,
            topic_prefix=topic_prefix,
            instance="exporter-1",
        )
        await create_topics(kafka, topic_prefix)
        async with pool(settings) as database, producer(kafka, Named(topic_prefix)) as sender:
            yield World(settings, database, sender)
