"""Wires the monitor: rates, lags, stuck and waiting work."""

from services.monitor.counting import Counted
from services.monitor.handler import count, nothing_after
from services.monitor.lags import lags
from services.monitor.purge import purge_forever
from services.monitor.settings import MonitorSettings
from services.monitor.stuck import StuckWork
from services.monitor.waiting import look_forever as look_at_what_waits
from shared import metrics
from shared.dead_letters import DeadLetters
from shared.kafka import consumer, producer
from shared.ops import Health, serve
from shared.postgres import pool
from shared.projection import Projection
from shared.redis import connect
from shared.service import run, together
from shared.stopping import Stop
from shared.topics import RESULTS, Named
from shared.watchdog import Watchdog
from shared.wire import Decoder

# Rates are counted in buckets of ten seconds.
_GATHER_MS = 1_000


async def start(settings: MonitorSettings, health: Health, stop: Stop) -> None:
    names = Named(settings.topic_prefix)
    bootstrap = settings.kafka_bootstrap_servers
    async with (
        pool(settings) as database,
        connect(settings) as redis,
        producer(bootstrap, names) as sender,
        consumer(bootstrap, names.group("monitor"), settings.instance, _GATHER_MS) as reader,
        lags(bootstrap, names) as lag,
        serve(settings.ops_host, settings.ops_port, health),
    ):
        projection = Projection(
            "monitor",
            database,
            reader,
            DeadLetters(sender, RESULTS),
            Decoder([Counted]),
            count,
            nothing_after,
        )
        for what in ("lags", "stuck", "waiting"):
            metrics.MEASURED.labels(what).set_to_current_time()  # what is never measured is not known, too
        health.checks["postgres"] = lambda: database.fetchval("select 1")
        await together(
            health,
            stop,
            projection.run([names.topic(RESULTS)], stop),
            lag.look_forever(stop),
            StuckWork(database, redis).look_forever(stop),
            look_at_what_waits(database, stop),
            purge_forever(database, stop),
            Watchdog(reader, health, lambda: projection.waiting).run(stop),
        )


def main() -> None:
    run("monitor", MonitorSettings, start)


if __name__ == "__main__":
    main()
