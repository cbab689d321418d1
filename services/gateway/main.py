"""Wires the gateway: its clients, the web application, the outbox's relay, what goes on by itself."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import aiohttp
from redis.asyncio import Redis

from services.gateway.app import make_app
from services.gateway.client_address import networks_of
from services.gateway.compression import compressed
from services.gateway.context import Context
from services.gateway.door import Door
from services.gateway.dry_run import DryRuns
from services.gateway.edge import Edge
from services.gateway.exporting.jobs.sweep import ExportSweep
from services.gateway.guard import hosts_of
from services.gateway.handler import Handler
from services.gateway.keyring import Keyring
from services.gateway.limited_by import Waiting
from services.gateway.limits import Limiter
from services.gateway.live.hub import Hub
from services.gateway.methods import Methods
from services.gateway.mirror import MirrorKeeper
from services.gateway.purge import Purge
from services.gateway.settings import GatewaySettings
from services.gateway.sign_in import SignIn
from services.gateway.spending import Spending
from services.gateway.sweep import Sweep
from services.gateway.upload_bench import bench
from services.gateway.webserver import WebServer, listening
from shared import kafka, ops, postgres, redis
from shared.blobs import open_store
from shared.desired import DesiredMirror
from shared.limited_by import Limits
from shared.ops import Health
from shared.outbox import Relay
from shared.postgres import Pool
from shared.service import run, together
from shared.stopping import Stop
from shared.topics import Named

# A dry run reads its upload once more, beside the event loop.
_DRY_RUNS = 1
# Planning what is said of a batch takes 1.0 ms, reading it 0.3; its plan is the same for every batch.
_PLANS = "force_generic_plan"


async def start(settings: GatewaySettings, health: Health, stop: Stop) -> None:
    names = Named(settings.topic_prefix)
    store = open_store(settings.blobs, create=True)
    async with (
        listening(settings.host, settings.port) as listener,
        postgres.pool(settings, _PLANS) as pool,
        redis.connect(settings) as client,
        kafka.producer(settings.kafka_bootstrap_servers, names) as producer,
        bench() as uploads,
        aiohttp.ClientSession(auto_decompress=False, trust_env=False) as http,
        ops.serve(settings.ops_host, settings.ops_port, health),
    ):
        mirror = DesiredMirror(client)
        with ThreadPoolExecutor(_DRY_RUNS, "dry-run") as threads:
            dry_runs = DryRuns(settings, pool, store, client, threads)
            handler = Handler(settings, pool, store, mirror, uploads, dry_runs)
            waiting = Waiting(Limits(client))
            hub = Hub(pool, waiting)
            sign_in = _sign_in(settings, pool)
            context = Context(settings, pool, store, http, handler, hub, health, sign_in, client)
            health.checks["database"] = partial(pool.fetchval, "select 1")
            health.checks["redis"] = client.ping
            health.checks["kafka"] = producer.ping
            app = make_app(context)
            methods = Methods(compressed(app), app.routes)
            web = WebServer(Edge(methods, _door(settings, client, sign_in, pool)), listener)
            await together(
                health,
                stop,
                web.run(stop),
                hub.run(stop),
                waiting.run(stop),
                Relay(pool, producer).run(stop),
                MirrorKeeper(pool, mirror).run(stop),
                Sweep(pool, store).run(stop),
                ExportSweep(pool).run(stop),
                Purge(pool, store, handler.expire).run(stop),
                Spending(pool, settings.price.estimate, handler.hold_back).run(stop),
            )


def _sign_in(settings: GatewaySettings, pool: Pool) -> SignIn | None:
    if settings.auth == "off":
        return None
    return SignIn(Keyring(pool, settings.auth_secret), settings.auth_secret)


def _door(settings: GatewaySettings, client: Redis, sign_in: SignIn | None, pool: Pool) -> Door:
    """With a login, any host name may be used."""
    hosts = hosts_of(settings.host) if sign_in is None else None
    limiter = Limiter(client, settings.api_requests_per_hour)
    return Door(hosts, networks_of(settings.trusted_proxies), limiter, sign_in, pool)


def main() -> None:
    run("gateway", GatewaySettings, start)


if __name__ == "__main__":
    main()
