"""Wires the exporter: results into Postgres, the ends of batches, exports out."""

import asyncio
import sys

from services.exporter.endings import Endings
from services.exporter.export.copying import Source
from services.exporter.export.route import export_route
from services.exporter.handler import Handler
from services.exporter.jobs.desk import Desk
from services.exporter.jobs.maker import Maker
from services.exporter.jobs.runner import AT_ONCE, Runner
from services.exporter.jobs.sweep import Sweep
from services.exporter.purge import Purge
from services.exporter.search.indexer import Indexer
from services.exporter.settings import ExporterSettings
from shared.blobs import open_store
from shared.dead_letters import DeadLetters
from shared.events import ImageAnalyzed
from shared.kafka import consumer, producer
from shared.ops import Health, serve
from shared.postgres import pool
from shared.projection import Projection
from shared.service import run, together
from shared.stopping import Stop
from shared.topics import RESULTS, Named
from shared.watchdog import Watchdog
from shared.wire import Decoder

# Progress may be this late. As they come, polls of 34 rows took 0.15 ms of Postgres an image, of 200 0.03.
_GATHER_MS = 200
# A transaction's rows are sorted in memory: through files, half as many were stored in a second.
_WORK_MEM = "32MB"


async def start(settings: ExporterSettings, health: Health, stop: Stop) -> None:
    names = Named(settings.topic_prefix)
    bootstrap = settings.kafka_bootstrap_servers
    store = open_store(settings.blob_url, create=True)
    async with (
        pool(settings, work_mem=_WORK_MEM) as database,
        producer(bootstrap, names) as sender,
        consumer(bootstrap, names.group("exporter"), settings.instance, _GATHER_MS) as reader,
        serve(
            settings.ops_host, settings.ops_port, health, [export_route(database, settings.max_export_rows)]
        ),
    ):
        endings = Endings(database)
        dead_letters = DeadLetters(sender, RESULTS)
        handler = Handler(dead_letters, endings)
        projection = Projection(
            "exporter", database, reader, dead_letters, Decoder([ImageAnalyzed]), handler.store, handler.end
        )
        health.checks["postgres"] = lambda: database.fetchval("select 1")
        # Apart from the direct ones, which it must not keep waiting.
        source = Source(database, asyncio.Semaphore(AT_ONCE), sys.maxsize)
        desk = Desk(database, settings.instance)
        watchdog = Watchdog(reader, health, lambda: projection.waiting)
        await together(
            health,
            stop,
            projection.run([names.topic(RESULTS)], stop),
            endings.sweep_forever(stop),
            Indexer(database).run(stop),
            Purge(database).run(stop),
            Runner(desk, Maker(desk, source, store)).run(stop),
            Sweep(database, store).run(stop),
            watchdog.run(stop),
        )


def main() -> None:
    run("exporter", ExporterSettings, start)


if __name__ == "__main__":
    main()
