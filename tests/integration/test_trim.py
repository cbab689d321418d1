"""The result cache keeps within its bound, and nothing else of Redis is touched."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from services.analyzer.trim import Trimmer, horizon_of
from shared import metrics
from tests.integration.analyzer_parts import own_redis, redis_of

_TTL_HOURS = 100
_HOUR = 3_600
_ENTRIES = 2_000
_BYTES = 8_000  # of each, so that what Redis needs for itself (1 MB) is little beside them


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Redis]:
    async with own_redis(tmp_path) as server, redis_of(server.url) as client:
        yield client


async def fill(store: Redis, hours_left: int) -> None:
    """Entries that end between `hours_left` and an hour later, each with its address."""
    async with store.pipeline(transaction=False) as pipe:
        for n in range(_ENTRIES):
            seconds = hours_left * _HOUR + 60 + n
            pipe.set(f"img:x:{hours_left}:{n}", bytes(_BYTES), ex=seconds)
            pipe.set(f"url:x:{hours_left}:{n}", "hash", ex=seconds)
        await pipe.execute()


async def used(store: Redis) -> int:
    return int((await store.info("memory"))["used_memory"])


async def test_what_ends_first_goes_until_the_rest_fits(store: Redis) -> None:
    await fill(store, 10)
    await fill(store, 50)
    for key in ("quota:epoch", "lease:x:1", "desired:b"):
        await store.set(key, "stays", ex=60)
    before = await used(store)
    trimmer = Trimmer(store, round(before * 0.8), _TTL_HOURS)
    gone = await trimmer.trim()
    assert 0.9 * before < metrics.REDIS_USED._value.get() < metrics.REDIS_LIMIT._value.get()
    assert 0 < gone < 3 * _ENTRIES
    assert await used(store) <= before * 0.8
    assert await store.get("img:x:10:0") is None
    assert await store.get("img:x:10:1999") is not None, "no more than has to"
    assert await store.exists(*(f"img:x:50:{n}" for n in range(_ENTRIES))) == _ENTRIES
    assert await store.exists("quota:epoch", "lease:x:1", "desired:b") == 3
    assert await trimmer.trim() == 0


async def test_answers_of_the_last_hour_stay_whatever_their_size(store: Redis) -> None:
    await fill(store, _TTL_HOURS - 1)
    assert await Trimmer(store, 1, _TTL_HOURS).trim() == 0
    assert await store.dbsize() == 2 * _ENTRIES + 1


async def test_one_analyzer_at_a_time_walks_through_the_keys(store: Redis) -> None:
    await fill(store, 10)
    await store.set("cache:trim", 1)
    assert await Trimmer(store, 1, _TTL_HOURS).trim() == 0


def test_the_horizon_leaves_nine_tenths_of_the_bound() -> None:
    sample = [hours * _HOUR * 1_000 for hours in range(100)]
    assert horizon_of(sample, used=200, most=100, ttl_seconds=100 * _HOUR) == 55 * _HOUR * 1_000
    assert horizon_of(sample, used=10_000, most=1, ttl_seconds=50 * _HOUR) == 49 * _HOUR * 1_000
    assert horizon_of([], used=200, most=100, ttl_seconds=_HOUR) == 0


async def test_a_redis_that_is_full_gets_room_again(store: Redis) -> None:
    """All wait while it takes nothing: it must not take a mark first."""
    await fill(store, 10)
    await store.config_set("maxmemory", await used(store))
    with pytest.raises(OutOfMemoryError):
        await fill(store, 50)
    before = await used(store)
    assert await Trimmer(store, round(before * 0.8), _TTL_HOURS).trim() > 0
    assert await used(store) <= before * 0.8
    await store.set("lease:x:1", "is taken again")
