"""The quota on whole systems against the strict fake: all of it, no refusal, whoever is killed (G5).

`QUOTA_SECONDS` (600, at least 120) is how long each runs, `OUTAGE_SECONDS` (300) how long the provider is
away. In 120 s a whole cycle of the quota is seen behind its beginning, and what comes after a hold."""

import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis

from tests.fakes.vision.journal import CallLine
from tests.fakes.vision.server import fingerprint
from tests.integration.analyzer_parts import pool_of, redis_of
from tests.integration.quota_simulation import Simulation, shrink
from tests.local_servers import started
from tests.servers import Servers, fresh_database
from tests.workload import World, until, world

SECONDS = max(120.0, float(os.environ.get("QUOTA_SECONDS", "600")))
OUTAGE = float(os.environ.get("OUTAGE_SECONDS", "300"))
LIMIT, KEYS, WINDOW = 55, 6, 60.0
SECRETS = [f"key-{n}" for n in range(KEYS)]
# Calls of a group in flight at once (docs/quota.md).
AT_ONCE = 8
pytestmark = pytest.mark.timeout(SECONDS + OUTAGE + 600)


@contextmanager
def quota_world(analyzers: int, bad: Sequence[str] = (), **settings: str) -> Iterator[tuple[World, str]]:
    """Six keys of their own groups, bad ones beside them, and a batch with work for longer than the run."""
    behaviour = {"delay": 0.3, "jitter": 0.1, "quota": LIMIT, "window": WINDOW, "bad_keys": list(bad)}
    own_settings = {
        "ANALYZERS": str(analyzers),
        "VISION_API_KEYS": ",".join([*bad, *SECRETS]),
        "REQUESTS_PER_MINUTE": str(LIMIT),
        **settings,
    }
    with world(behaviour, **own_settings) as own:
        windows = int(SECONDS / WINDOW) + 3
        batch = own.submit(own.urls(windows * KEYS * LIMIT * 16, size=2_000))
        until(lambda: own.vision.stats().calls > 0, what="the first call")
        yield own, batch
        own.control(batch, "cancel")


def calls_of(own: World) -> list[CallLine]:
    return sorted(own.log().calls, key=lambda line: line.t)


def said_of(own: World) -> dict[str, Any]:
    """Of whole cycles of the quota: the calls by status, the share of what can be had, images a call. A
    slot's next call is a window and a latency later, so calls come as they came first, between pauses."""
    lines = calls_of(own)
    fine = [line for line in lines if line.status == "OK"]
    latency = sum(line.end - line.t for line in fine) / len(fine)
    begin, cycle = lines[0].t + WINDOW / 2, WINDOW + latency
    cycles = int((SECONDS - WINDOW / 2) / cycle)
    within = [line for line in fine if begin <= line.t < begin + cycles * cycle]
    return {
        "calls": dict(Counter(line.status for line in lines)),
        "latency": round(latency, 3),
        "cycles": cycles,
        "share": round(len(within) / (KEYS * LIMIT * cycles), 4),
        "images_a_call": round(sum(line.images for line in within) / len(within), 2),
        "refused": sum(line.status == "RESOURCE_EXHAUSTED" for line in lines),
        "of_key": Counter(line.key for line in within),
    }


@pytest.mark.parametrize("analyzers", [1, 2, 8])
def test_all_of_the_quota_and_no_refusal(analyzers: int) -> None:
    with quota_world(analyzers) as (own, _):
        time.sleep(SECONDS)
        said = said_of(own)
    print(said)
    assert said["refused"] == 0, said
    assert said["share"] >= 0.98, said
    assert said["images_a_call"] >= 15.5, said


def test_all_of_the_quota_and_no_refusal_while_an_analyzer_is_killed_every_15_seconds() -> None:
    """A kill takes with it what one of three has in flight, and each of these slots is free 10 s, a sixth of
    a call, later. On average that is half a call of 82; but calls come in a rush once in a cycle, and then it
    can be a third of all that may be in flight. As a cycle takes four kills and 0.3 s, a run of any length
    may hit the rush of each, or none: so one kill a cycle counts in full."""
    lost = (KEYS * AT_ONCE / 3 + 3 * 0.5) * (1 + 10 / WINDOW) / (KEYS * LIMIT)
    with quota_world(3) as (own, batch):
        end, kills = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            time.sleep(15)
            own.system.kill(f"analyzer-{kills % 3 + 1}")
            kills += 1
        said = said_of(own)
        failed = own.progress(batch)["failed_count"]
    print(said, kills)
    assert said["refused"] == failed == 0, said
    assert said["share"] >= 0.98 - lost, said
    assert said["images_a_call"] >= 15.5, said


def test_no_refusal_after_redis_forgot_everything() -> None:
    with started() as (database, redis, kafka):
        servers = {"DATABASE_URL": database, "REDIS_URL": redis, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        with quota_world(2, **servers) as (own, batch):
            time.sleep(20)
            with Redis.from_url(redis) as store:
                store.flushall()
            forgot = time.time()
            until(lambda: own.progress(batch)["limited_by"] == "hold", 10, what="why it waits")
            time.sleep(SECONDS - 20)
            lines = calls_of(own)
    held = min(line.t for line in lines if line.t > forgot + 1) - forgot
    calls = Counter(line.status for line in lines)
    print(calls, held)
    assert calls["RESOURCE_EXHAUSTED"] == 0, calls
    assert WINDOW + 10 <= held <= WINDOW + 20, "a window and a deadline"


def test_a_key_that_is_bad_from_the_start_and_one_that_turns_bad() -> None:
    with quota_world(2, ["key-bad"]) as (own, batch):
        time.sleep(SECONDS / 2)
        turned = time.time()
        own.vision.change(bad_keys=["key-bad", SECRETS[0]])
        time.sleep(SECONDS / 2)
        said, lines = said_of(own), calls_of(own)
        failed = own.progress(batch)["failed_count"]
    bad = [line for line in lines if line.key == fingerprint("key-bad")]
    of_turned = [line for line in lines if line.key == fingerprint(SECRETS[0])]
    noticed = next((line.t for line in of_turned if line.status != "OK"), turned)
    after = [line for line in of_turned if line.t > noticed + 1]
    print(said, len(bad), len(after))
    assert said["refused"] == failed == 0, said
    assert len(bad) <= 1 + SECONDS / 300, "one call, then one in five minutes"
    assert len(after) <= SECONDS / 600, "no call after those in flight"
    others = sum(count for key, count in said["of_key"].items() if key != fingerprint(SECRETS[0]))
    can = (KEYS - 1) * LIMIT * said["cycles"]
    assert others >= 0.98 * can, (others, can)


def test_an_outage_of_the_provider_fails_no_row() -> None:
    with world({"delay": 0.1}, ANALYZERS="2", VISION_API_KEYS=",".join(SECRETS)) as own:
        rows = 20_000
        batch = own.submit(own.urls(rows, size=2_000))
        own.wait_for(batch, lambda seen: seen["processed_count"] > 500)
        own.vision.change(outage=True)
        until(lambda: own.progress(batch)["limited_by"] == "provider", 30, what="why it waits")
        time.sleep(OUTAGE)
        own.vision.change(outage=False)
        began = time.monotonic()
        seen = own.wait_end(batch, 300)
        took = time.monotonic() - began
        tries = Counter(line.image for line in own.log().images)
    print(f"{len(tries)} images, tries {Counter(tries.values())}, ended {took:.0f} s after the outage")
    assert seen["successful_count"] == rows
    assert max(tries.values()) <= 3


@pytest.fixture
def database(servers: Servers, template: str) -> Iterator[str]:
    with fresh_database(servers, template) as url:
        yield url


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Any]:
    async with pool_of(database) as made:
        yield made


@pytest.mark.parametrize(
    ("analyzers", "new"), [(1, 27), (2, 27), (8, 27), (2, 38), (2, 13), (1, 5), (2, 5), (8, 5)]
)
async def test_a_quota_that_shrinks_unannounced(
    redis_url: str, pool: Any, monkeypatch: pytest.MonkeyPatch, analyzers: int, new: int
) -> None:
    """In simulated time."""
    async with redis_of(redis_url) as store:
        keys = ",".join(f"g{n}:key-{n}" for n in range(KEYS))
        own = Simulation(store, pool, monkeypatch, analyzers=analyzers, keys=keys, limit=LIMIT)
        await shrink(own, LIMIT, KEYS, new)
