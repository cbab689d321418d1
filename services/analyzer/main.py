"""Wires the analyzer: who holds what, in the order in which it is opened and closed."""

from services.analyzer.address_guard import parse_allow_nets
from services.analyzer.cache import ImageCache
from services.analyzer.caller import Caller
from services.analyzer.calls import Calls
from services.analyzer.conversion import Converter
from services.analyzer.download import Downloader
from services.analyzer.handler import SliceHandler
from services.analyzer.host_watch import HostWatch
from services.analyzer.images import Images
from services.analyzer.key_watch import KeyWatch
from services.analyzer.keys import ApiKey, KeyRing, reread
from services.analyzer.ledger import Ledger
from services.analyzer.permits import Permits, Quota
from services.analyzer.providers import Provider
from services.analyzer.settings import AnalyzerSettings
from services.analyzer.states import States
from services.analyzer.suspects import Marks
from services.analyzer.takes import Takes
from services.analyzer.trim import Trimmer
from services.analyzer.upkeep import Upkeep
from shared import kafka, ops, postgres, redis
from shared.cache_keys import CacheKeys
from shared.desired import DesiredMirror
from shared.events import SliceDispatched
from shared.intake import Intake
from shared.limited_by import Limits
from shared.ops import Health
from shared.room import Room
from shared.service import background, run, together
from shared.stopping import Stop
from shared.topics import SLICES, Named
from shared.watchdog import Watchdog
from shared.wire import Decoder

# Measured over the whole way: 1 slice 1,476 images/s, 4: 2,956, 8: 3,655, 32: 3,298 and twice the memory.
_SLICES_AT_WORK = 8
# As many again may wait in the topic, so that a slice that ends is replaced without a round trip.
_ROOM = 2 * _SLICES_AT_WORK
# All that ingest hands out may come to one analyzer. A slice that is not worked on is 256 KiB at most.
_SLICES_IN_HAND = 4 * _ROOM
# Calls in flight end within 10 s of a pause (G6).
_CALL_SECONDS = 10.0


def make_provider(settings: AnalyzerSettings) -> Provider:
    if settings.provider_name == "google":
        from services.analyzer.providers.google import GoogleProvider

        return GoogleProvider(settings.vision_endpoint)
    if settings.provider_name == "gemini":
        from services.analyzer.providers.gemini import GeminiProvider

        return GeminiProvider(settings.gemini_model, settings.gemini_endpoint)
    from services.analyzer.providers.local import LocalProvider

    return LocalProvider()


def keys_for(provider: Provider, settings: AnalyzerSettings) -> list[ApiKey]:
    """A provider without keys has one group."""
    return settings.keys if provider.needs_key else [ApiKey(provider.name, "")]


def quota_of(provider: Provider, settings: AnalyzerSettings) -> Quota:
    """What needs no key has no quota."""
    counted = (settings.requests_per_minute, settings.images_allowed) if provider.needs_key else (0, 0)
    return Quota(*counted, settings.quota_window_seconds)


def calls_at_once(provider: Provider, settings: AnalyzerSettings) -> int:
    return min(settings.max_concurrent_requests, provider.at_once or settings.max_concurrent_requests)


async def start(settings: AnalyzerSettings, health: Health, stop: Stop) -> None:
    names = Named(settings.topic_prefix)
    instance = settings.instance
    provider = make_provider(settings)
    quota = quota_of(provider, settings)
    keys = KeyRing(keys_for(provider, settings))
    opened = parse_allow_nets(settings.fetch_allow_nets)
    cache_keys = CacheKeys(settings.cache_space)
    async with (
        postgres.pool(settings) as pool,
        redis.connect(settings) as store,
        kafka.producer(settings.kafka_bootstrap_servers, names) as producer,
        kafka.consumer(settings.kafka_bootstrap_servers, names.group("analyzer"), instance) as consumer,
        Downloader(opened, settings.max_concurrent_workers) as downloader,
        ops.serve(settings.ops_host, settings.ops_port, health),
    ):
        health.checks = {"redis": store.ping, "postgres": lambda: pool.fetchval("select 1")}
        cache = ImageCache(store, cache_keys, instance, settings.cache_ttl_hours)
        states = States(DesiredMirror(store), pool)
        takes = Takes(store, instance)
        permits = Permits(store, pool, cache, keys, instance, quota, _CALL_SECONDS)
        ledger = Ledger(store, cache, instance, quota)
        caller = Caller(provider, ledger, _CALL_SECONDS, settings.price)
        at_once = calls_at_once(provider, settings)
        limits = Limits(store)
        most = provider.max_images, at_once, provider.most_bytes
        calls = Calls(caller, permits, keys, states, limits, *most)
        converter = Converter()
        images = Images(downloader, converter, cache, calls, provider.formats)
        handler = SliceHandler(
            cache, images, takes, Marks(store), states, producer, instance, stop, _SLICES_AT_WORK
        )
        room = Room(store)
        trimmer = Trimmer(store, settings.cache_max_mb << 20, settings.cache_ttl_hours)
        upkeep = Upkeep(handler, images, calls, cache, takes, states, room, instance, _ROOM, stop)
        decoder = Decoder([SliceDispatched])
        intake = Intake(consumer, producer, SLICES, decoder, handler.handle, _SLICES_IN_HAND)
        watchdog = Watchdog(consumer, health, lambda: intake.running >= _SLICES_IN_HAND)
        try:
            loops = (
                calls.run(),
                upkeep.run(),
                trimmer.run(),
                reread(keys, lambda: keys_for(provider, settings)),
                HostWatch(downloader.hosts, images, limits).run(),
                KeyWatch(keys, store, pool, limits, quota.calls).run(),
            )
            async with background(stop, *loops):
                await together(health, stop, intake.run([names.topic(SLICES)], stop), watchdog.run(stop))
        finally:
            await converter.close()
            await provider.close()


def main() -> None:
    run("analyzer", AnalyzerSettings, start)
