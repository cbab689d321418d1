"""What stands around ingest in its tests: uploads as the gateway leaves them, an analyzer with an exporter
in one that answers as told, and members of ingest to start and stop."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import NotLeaderForPartitionError

from services.exporter.endings import Endings
from services.exporter.storing import store
from services.gateway import clone
from services.gateway.retry import Which, retry
from services.ingest.main import serve
from services.ingest.settings import IngestSettings
from services.ingest.timing import Timing
from shared import kafka, redis
from shared.desired import State
from shared.error_classes import ErrorClass
from shared.events import (
    BatchSubmitted,
    ImageAnalyzed,
    SliceDispatched,
    SliceFinished,
    SliceOutcome,
    SliceReleased,
    SliceRow,
)
from shared.ids import result_id
from shared.kafka import Producer
from shared.ops import Health
from shared.postgres import statements_beside
from shared.room import Room
from shared.stopping import Stop
from shared.topics import BATCHES, OUTCOMES, PARTITIONS, RESULTS, SLICES, Named, Topic, create_topics
from shared.wire import Decoder

FRESH_SINCE = datetime(2026, 11, 23, tzinfo=UTC)
QUICK = Timing(
    look=0.2, adopt=0.3, sweep=0.1, evidence_after=0.1, doubt_after=0.5, missing_after=0.5, overdue_after=1.0
)
Answer = Callable[["World", SliceDispatched], Awaitable[None]]


class World:
    """One database, one topic prefix, one blob folder."""

    def __init__(
        self, settings: IngestSettings, pool: Any, producer: Producer, room: Room, blobs: Path
    ) -> None:
        self.settings = settings
        self.pool = pool
        self.producer = producer
        self.room = room
        self.blobs = blobs
        self.names = Named(settings.topic_prefix)
        self.seen: list[SliceDispatched] = []
        self.answer: Answer = finish
        self.failing: frozenset[int] = frozenset()
        # What a row that is not failing costs, in micro-dollars.
        self.cost: Callable[[int], int] = lambda _row_no: 0

    async def upload(
        self,
        rows: int,
        *,
        announce: bool = True,
        weight: int = 1,
        chunk_size: int = 2_000,
        desired: State = State.RUNNING,
        force_start: bool = False,
        cell: str = "x",
        max_cost: int | None = None,
    ) -> uuid.UUID:
        batch_id = uuid.uuid4()
        path = f"{batch_id}.jsonl"
        lines = (msgspec.json.encode((n, f"https://x.test/{n}.jpg", (cell,))) for n in range(1, rows + 1))
        (self.blobs / path).write_bytes(b"".join(line + b"\n" for line in lines))
        await self.pool.execute(
            "insert into gateway.batches (batch_id, name, original_filename, total_urls, chunk_size, columns,"
            " region, weight, rows_path, upload_path, desired, force_start, fresh_since, max_cost)"
            " values ($1, 'b', 'b.csv', $2, $3, array['branch'], 'US', $4, $5, 'u', $6, $7, $8, $9)",
            batch_id, rows, chunk_size, weight, path, desired.value, force_start, FRESH_SINCE, max_cost,
        )  # fmt: skip
        if announce:
            event = BatchSubmitted(
                batch_id=batch_id,
                at=datetime.now(UTC),
                version=1,
                name="b",
                total_urls=rows,
                chunk_size=chunk_size,
            )
            await (await self.producer.send(BATCHES, str(batch_id).encode(), event))
        return batch_id

    async def want(self, batch_id: uuid.UUID, state: State) -> None:
        """Without any event: ingest finds it."""
        await self.pool.execute(
            "update gateway.batches set desired = $2, version = version + 1 where batch_id = $1",
            batch_id,
            state.value,
        )

    async def store(self, work: SliceDispatched) -> None:
        """The results of a slice, as the exporter stores them: failed ones of rows in `failing`."""
        events = [_result(work, row, row.row_no in self.failing, self.cost(row.row_no)) for row in work.rows]
        async with self.pool.acquire() as connection, connection.transaction():
            await store(connection, events)

    async def ended(self, batch_id: uuid.UUID) -> bool:
        """As the exporter's sweep would end it."""
        await Endings(self.pool).sweep()
        found = await self.pool.fetchval(
            "select true from lifecycle.terminal join gateway.batches using (batch_id, run)"
            " where batch_id = $1",
            batch_id,
        )
        return bool(found)

    async def retry(self, batch_id: uuid.UUID, which: Which) -> int:
        """As the gateway does it, without any event: the rows that are tried again."""
        return (await retry(self.pool, batch_id, which)).rows

    async def clone(self, source: uuid.UUID) -> uuid.UUID:
        """As the gateway makes one with results, without any event."""
        batch_id = uuid.uuid4()
        path = f"{batch_id}.jsonl"
        (self.blobs / path).write_bytes((self.blobs / f"{source}.jsonl").read_bytes())
        await self.pool.execute(
            statements_beside(clone.__file__)["clone_put"],
            source,
            batch_id,
            "c",
            path,
            "u",
            "running",
            True,
            None,
        )
        return batch_id

    async def tell(self, kind: type[SliceOutcome], work: SliceDispatched) -> None:
        event = kind(
            batch_id=work.batch_id,
            at=datetime.now(UTC),
            slice_id=work.slice_id,
            first_row=work.first_row,
            dispatch=work.dispatch,
            run=work.run,
            worker="analyzer-1",
        )
        await (await self.producer.send(OUTCOMES, str(work.batch_id).encode(), event))

    async def stored(self, batch_id: uuid.UUID) -> int:
        return int(
            await self.pool.fetchval("select count(*) from exporter.results where batch_id = $1", batch_id)
        )

    async def open_slices(self, batch_id: uuid.UUID) -> int:
        return int(
            await self.pool.fetchval("select count(*) from ingest.slices where batch_id = $1", batch_id)
        )

    async def owner_epoch(self, batch_id: uuid.UUID) -> int:
        found = await self.pool.fetchval(
            "select owner_epoch from ingest.batches where batch_id = $1", batch_id
        )
        return int(found or 0)

    async def started(self) -> set[uuid.UUID]:
        rows = await self.pool.fetch("select batch_id from ingest.batches where started_at is not null")
        return {row["batch_id"] for row in rows}

    async def whole(self, batch_id: uuid.UUID, rows: int) -> None:
        """All rows are there, and nothing is left in the book."""

        async def done() -> bool:
            return await self.stored(batch_id) == rows and await self.open_slices(batch_id) == 0

        await until(done)

    def dispatches(self, batch_id: uuid.UUID) -> Counter[int]:
        """How often each slice was seen, by its first row."""
        return Counter(work.first_row for work in self.seen if work.batch_id == batch_id)

    async def empty(self, topic: Topic) -> None:
        """As retention does: the log begins where it ended."""
        client = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka_bootstrap_servers)
        await client.start()
        try:
            where = [TopicPartition(self.names.topic(topic), n) for n in range(PARTITIONS)]

            async def emptied() -> bool:
                with suppress(NotLeaderForPartitionError):  # the broker tells of it a moment later
                    everything = {tp: RecordsToDelete(before_offset=-1) for tp in where}
                    await client.delete_records(everything, timeout_ms=10_000)
                    return True
                return False

            await until(emptied)
        finally:
            await client.close()

    async def records(self, topic: Topic) -> int:
        async with kafka.consumer(
            self.settings.kafka_bootstrap_servers, self.names.group("count"), "count"
        ) as client:
            where = [TopicPartition(self.names.topic(topic), n) for n in range(PARTITIONS)]
            return sum((await client.end_offsets(where)).values())

    @asynccontextmanager
    async def member(
        self, instance: str = "ingest-1", timing: Timing = QUICK
    ) -> AsyncIterator[asyncio.Task[None]]:
        settings = msgspec.structs.replace(self.settings, instance=instance)
        stop, health = Stop(), Health()
        task = asyncio.create_task(serve(settings, health, stop, timing))
        try:
            await until(lambda: health.started, task)
            yield task
        finally:
            stop.ask()
            await asyncio.wait_for(task, 20)

    @asynccontextmanager
    async def analyzer(self, slices: int = 16) -> AsyncIterator[None]:
        """Answers every slice by `self.answer`, and acknowledges it then."""
        names, bootstrap = self.names, self.settings.kafka_bootstrap_servers
        async with kafka.consumer(bootstrap, names.group("analyzer"), "analyzer-1") as consumer:
            task = asyncio.create_task(self._analyze(consumer, slices))
            try:
                yield
            finally:
                await self.room.say("analyzer-1", 0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _analyze(self, consumer: AIOKafkaConsumer, slices: int) -> None:
        decoder = Decoder([SliceDispatched])
        consumer.subscribe([self.names.topic(SLICES)])
        while True:
            await self.room.say("analyzer-1", slices)  # what was said is forgotten after a while
            polled = await consumer.getmany(timeout_ms=50)
            works = [decoder.decode(r.headers, r.value) for records in polled.values() for r in records]
            self.seen += works
            await asyncio.gather(*(self.answer(self, work) for work in works))
            if works:
                await consumer.commit()


def _result(work: SliceDispatched, row: SliceRow, fails: bool, cost: int) -> ImageAnalyzed:
    return ImageAnalyzed(
        batch_id=work.batch_id,
        at=datetime.now(UTC),
        result_id=result_id(work.batch_id, row.row_no),
        chunk_id=work.chunk_id,
        chunk_no=work.chunk_no,
        row_no=row.row_no,
        attempt=row.attempt,
        url=row.url,
        success=not fails,
        error_class=ErrorClass.TIMEOUT if fails else None,
        cost=0 if fails else cost,
    )


async def finish(world: World, work: SliceDispatched) -> None:
    await world.store(work)
    await world.tell(SliceFinished, work)


async def release(world: World, work: SliceDispatched) -> None:
    await world.tell(SliceReleased, work)


async def swallow(_world: World, _work: SliceDispatched) -> None:
    """Acknowledged, and nothing said or stored."""


async def until(
    holds: Callable[[], Awaitable[bool] | bool], task: asyncio.Task[None] | None = None, seconds: float = 60.0
) -> None:
    """Polls. Fails at once when `task` ends."""
    deadline = time.monotonic() + seconds
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        if task is not None and task.done():
            task.result()
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def a_world(
    database_url: str, redis_url: str, bootstrap: str, prefix: str, blobs: Path, most: int = 20
) -> AsyncIterator[World]:
    settings = IngestSettings(
        database_url=database_url,
        redis_url=redis_url,
        kafka_bootstrap_servers=bootstrap,
        topic_prefix=prefix,
        blob_url=f"file://{blobs}",
        max_concurrent_batches=most,
    )
    await create_topics(bootstrap, prefix)
    async with (
        asyncpg.create_pool(database_url, min_size=1, max_size=8) as pool,
        redis.connect(settings) as store,
        kafka.producer(bootstrap, Named(prefix)) as producer,
    ):
        yield World(settings, pool, producer, Room(store), blobs)


__all__ = [
    "OUTCOMES",
    "QUICK",
    "RESULTS",
    "SLICES",
    "World",
    "a_world",
    "finish",
    "release",
    "swallow",
    "until",
]
