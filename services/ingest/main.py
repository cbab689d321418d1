"""Wires ingest: who holds what, in the order in which it is opened and closed."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from obstore.store import ObjectStore

from services.ingest.book import Book
from services.ingest.copier import Copier
from services.ingest.desk import Desk
from services.ingest.dispatcher import Dispatcher
from services.ingest.handler import Handler
from services.ingest.hints import Hints
from services.ingest.kafka_logs import KafkaLogs
from services.ingest.loops import repeat
from services.ingest.overseer import Overseer
from services.ingest.ownership import Ownership
from services.ingest.purge import EVERY_SECONDS, Purge
from services.ingest.settings import IngestSettings
from services.ingest.sweeper import Sweeper
from services.ingest.timing import Timing
from shared import kafka, ops, postgres, redis
from shared.blobs import open_store
from shared.limited_by import Limits
from shared.ops import Health
from shared.room import Room
from shared.service import run, together
from shared.stopping import Stop
from shared.topics import OUTCOMES, Named
from shared.watchdog import Watchdog

_ADMIN_MS = 20_000
_FOLDER_SECONDS = 30.0
_RETRY_SECONDS = 0.2


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_ADMIN_MS)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def open_blobs(url: str, stop: Stop) -> ObjectStore:
    """The gateway makes a folder that is not there, perhaps a moment from now. Raises NotADirectoryError."""
    until = time.monotonic() + _FOLDER_SECONDS
    while True:
        try:
            return open_store(url)
        except NotADirectoryError:
            if stop.asked or time.monotonic() > until:
                raise
        await stop.wait(_RETRY_SECONDS)


async def start(settings: IngestSettings, health: Health, stop: Stop) -> None:
    await serve(settings, health, stop, Timing())


async def serve(settings: IngestSettings, health: Health, stop: Stop, timing: Timing) -> None:
    names = Named(settings.topic_prefix)
    bootstrap = settings.kafka_bootstrap_servers
    async with (
        postgres.pool(settings) as pool,
        redis.connect(settings) as store,
        kafka.producer(bootstrap, names) as producer,
        kafka.consumer(bootstrap, names.group("ingest"), settings.instance) as consumer,
        _admin(bootstrap) as admin,
        ops.serve(settings.ops_host, settings.ops_port, health),
    ):
        health.checks = {"postgres": lambda: pool.fetchval("select 1"), "redis": store.ping}
        desk, book, blobs = Desk(), Book(pool), await open_blobs(settings.blob_url, stop)
        ownership = Ownership(consumer, names.topic(OUTCOMES), desk.news.ring)
        copier = Copier(book, producer, settings.instance)
        handler = Handler(desk, book, Dispatcher(producer), copier, blobs, timing)
        overseer = Overseer(
            desk, book, ownership, Room(store), Limits(store), blobs, settings.max_concurrent_batches, timing
        )
        sweeper = Sweeper(desk, book, KafkaLogs(consumer, admin, names, book), timing)
        hints = Hints(consumer, producer, names, handler.receive)
        await together(
            health,
            stop,
            hints.run(ownership, stop),
            repeat("look", overseer.look, lambda: desk.news.wait(timing.look), stop),
            repeat("turn", handler.turn, lambda: desk.space.wait(timing.look), stop),
            repeat("sweep", sweeper.sweep, lambda: stop.wait(timing.sweep), stop),
            repeat("purge", Purge(pool).purge, lambda: stop.wait(EVERY_SECONDS), stop),
            Watchdog(consumer, health, lambda: False).run(stop),
        )


def main() -> None:
    run("ingest", IngestSettings, start)
