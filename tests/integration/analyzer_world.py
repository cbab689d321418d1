"""Whole analyzers between real Kafka, Postgres and Redis, a strict Vision and an image server."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis

from services.analyzer.main import start
from services.analyzer.settings import AnalyzerSettings
from shared import ids, kafka
from shared.desired import State
from shared.events import ImageAnalyzed, SliceDispatched, SliceFinished, SliceOutcome, SliceReleased, SliceRow
from shared.kafka import Producer
from shared.ops import Health
from shared.settings import read
from shared.stopping import Stop
from shared.topics import OUTCOMES, RESULTS, SLICES, Named, create_topics
from shared.wire import Decoder
from tests.fakes.images import ImageServer
from tests.fakes.images import serve as serve_images
from tests.fakes.vision import Behaviour, FakeVision, Log, assert_paid_once, read_log
from tests.fakes.vision import serve as serve_vision
from tests.integration.analyzer_parts import insert_batch, pool_of, redis_of, run_batch, until

ROOT = Path(__file__).parents[2]
SLICE = 64
# A stop is over in 30 s (design: the supervisor's patience).
STOP_SECONDS = 30.0
_decoder: Decoder[Any] = Decoder([ImageAnalyzed, SliceFinished, SliceReleased])


class World:
    """What surrounds the analyzers of one test. `results` and `outcomes` grow as they are published."""

    def __init__(
        self, environment: dict[str, str], producer: Producer, pool: Any, store: Redis, vision: FakeVision,
        pictures: ImageServer, log: Path,
    ) -> None:  # fmt: skip
        self.environment = environment
        self.pool, self.store = pool, store
        self.vision, self.pictures = vision, pictures
        self.results: list[ImageAnalyzed] = []
        self.outcomes: list[SliceOutcome] = []
        # Unix seconds: when an analyzer was killed; from when on images may be paid for anew.
        self.kills: list[float] = []
        self.anew: list[float] = []
        self._producer = producer
        self._log = log

    # --- what ingest and the gateway do -----------------------------------------------------------
    async def batch(self) -> UUID:
        batch = uuid4()
        await insert_batch(self.pool, batch)
        await run_batch(self.store, batch)
        return batch

    async def want(self, batch: UUID, state: State, version: int) -> None:
        await insert_batch(self.pool, batch, state=state, version=version)
        await run_batch(self.store, batch, state, version)

    def urls(self, numbers: Iterable[int]) -> list[str]:
        return [f"{self.pictures.url}/good/{n}.jpg" for n in numbers]

    async def dispatch(
        self,
        batch: UUID,
        urls: list[str],
        *,
        dispatch: int = 1,
        version: int = 1,
        fresh_since: datetime | None = None,
    ) -> list[UUID]:
        rows = [SliceRow(n, url) for n, url in enumerate(urls, 1)]
        pieces = [rows[n : n + SLICE] for n in range(0, len(rows), SLICE)]
        sent = [await self._send(batch, tuple(piece), dispatch, version, fresh_since) for piece in pieces]
        await asyncio.gather(*(acknowledged for _, acknowledged in sent))
        return [slice_id for slice_id, _ in sent]

    async def _send(
        self,
        batch: UUID,
        rows: tuple[SliceRow, ...],
        dispatch: int,
        version: int,
        fresh_since: datetime | None,
    ) -> tuple[UUID, asyncio.Future[object]]:
        event = SliceDispatched(
            batch_id=batch,
            at=datetime.now(UTC),
            slice_id=ids.slice_id(batch, rows[0].row_no),
            chunk_id=ids.chunk_id(batch, 1),
            chunk_no=1,
            dispatch=dispatch,
            version=version,
            region="US",
            rows=rows,
            fresh_since=fresh_since,
        )
        key = f"{event.chunk_id}:{event.slice_id}".encode()
        return event.slice_id, await self._producer.send(SLICES, key, event)

    # --- what came of it --------------------------------------------------------------------------
    def rows(self, batch: UUID) -> Counter[int]:
        """How often each row's result was published."""
        return Counter(event.row_no for event in self.results if event.batch_id == batch)

    def outcomes_of(self, batch: UUID, kind: type[SliceOutcome]) -> list[SliceOutcome]:
        return [event for event in self.outcomes if event.batch_id == batch and type(event) is kind]

    async def finished(self, batch: UUID, slices: int, seconds: float = 60.0) -> None:
        """Until so many slices of the batch were reported finished."""

        async def all_in() -> bool:
            return len({event.slice_id for event in self.outcomes_of(batch, SliceFinished)}) >= slices

        await until(all_in, seconds, "the end of every slice")

    async def that(self, true: Callable[[], bool], seconds: float = 30.0, what: str = "it") -> None:
        async def now() -> bool:
            return true()

        await until(now, seconds, what)

    def log(self) -> Log:
        return read_log(self._log)

    def paid(self) -> Counter[str]:
        return self.log().paid()

    def assert_paid_once(self) -> int:
        """How many images were paid for again, all because of a kill or a call out of time (G4)."""
        return assert_paid_once(self.log(), self.kills, self.anew)

    async def read_forever(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            event = _decoder.decode(record.headers, record.value)
            if isinstance(event, ImageAnalyzed):
                self.results.append(event)
            else:
                self.outcomes.append(event)


@asynccontextmanager
async def a_world(
    database_url: str, redis_url: str, brokers: str, prefix: str, folder: Path, behaviour: Behaviour
) -> AsyncIterator[World]:
    names = Named(prefix)
    await create_topics(brokers, prefix)
    log = folder / "vision.jsonl"
    async with (
        pool_of(database_url) as pool,
        redis_of(redis_url) as store,
        serve_vision(behaviour, log=log) as vision,
        serve_images() as pictures,
        kafka.producer(brokers, names) as producer,
    ):
        environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "KAFKA_BOOTSTRAP_SERVERS": brokers,
            "TOPIC_PREFIX": prefix,
            "INSTANCE": "analyzer-1",
            "VISION_API_KEYS": "group:key-1",
            "VISION_ENDPOINT": vision.address,
            "REQUESTS_PER_MINUTE": "1000",
            "QUOTA_WINDOW_SECONDS": "1",
            "FETCH_ALLOW_NETS": "127.0.0.1/32",
            "DATABASE_POOL_SIZE": "4",
        }
        world = World(environment, producer, pool, store, vision, pictures, log)
        reader = AIOKafkaConsumer(
            names.topic(RESULTS),
            names.topic(OUTCOMES),
            bootstrap_servers=brokers,
            auto_offset_reset="earliest",
        )
        await reader.start()
        reading = asyncio.create_task(world.read_forever(reader))
        try:
            yield world
            world.assert_paid_once()
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            await reader.stop()


@asynccontextmanager
async def analyzer_here(world: World, **changes: str) -> AsyncIterator[Stop]:
    """An analyzer in this process, ready; stopped at the end."""
    settings, health, stop = read(AnalyzerSettings, world.environment | changes), Health(), Stop()
    running = asyncio.create_task(start(settings, health, stop))
    try:
        await world.that(lambda: health.started or running.done(), what="the analyzer's start")
        yield stop
    finally:
        stop.ask()
        gc.unfreeze()  # a service freezes what it starts with; a test session goes on
        async with asyncio.timeout(STOP_SECONDS):
            await running


class AnalyzerProcess:
    """An analyzer as the supervisor runs it, or by a `program` that prepares something first."""

    def __init__(self, world: World, program: str = "", **changes: str) -> None:
        self._world = world
        words = ["-c", program] if program else ["-m", "services.analyzer"]
        self._process = subprocess.Popen(
            [sys.executable, *words], env={**os.environ, **world.environment, **changes}, cwd=ROOT
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def status(self) -> int | None:
        return self._process.poll()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self._process.send_signal(number)

    async def ended(self) -> tuple[int, float]:
        """Its exit status, and the seconds until it ended."""
        began = time.monotonic()
        status = await asyncio.to_thread(self._process.wait, STOP_SECONDS + 5)
        if status == -signal.SIGKILL:
            self._world.kills.append(time.time())
        return status, time.monotonic() - began


@asynccontextmanager
async def analyzer_process(world: World, program: str = "", **changes: str) -> AsyncIterator[AnalyzerProcess]:
    process = await asyncio.to_thread(AnalyzerProcess, world, program, **changes)
    try:
        yield process
    finally:
        if process.status is None:
            process.kill()
        await process.ended()
