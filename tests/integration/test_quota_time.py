"""The quota over minutes of simulated time (G5): all of it is used; few refusals when it shrinks."""

import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.integration.analyzer_parts import pool_of, redis_of
from tests.integration.quota_simulation import LATENCY, Simulation, shrink
from tests.servers import Servers, fresh_database


@pytest.fixture(scope="module")
def database(servers: Servers, template: str) -> Iterator[str]:
    with fresh_database(servers, template) as url:
        yield url


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Any]:
    async with pool_of(database) as made:
        await made.execute("truncate analyzer.quota_epochs")
        yield made


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Redis]:
    async with redis_of(redis_url) as client:
        yield client


@pytest.mark.parametrize("new", [27, 5])
async def test_a_quota_that_shrinks_unannounced(
    store: Redis, pool: Any, monkeypatch: pytest.MonkeyPatch, new: int
) -> None:
    own = Simulation(store, pool, monkeypatch, analyzers=2, keys="a:one", limit=55)
    await shrink(own, 55, 1, new)


async def test_a_key_that_turns_bad(store: Redis, pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call after those in flight, and one try every five minutes; the other key's calls are all made."""
    own = Simulation(store, pool, monkeypatch, analyzers=2, keys="a:one,b:two", limit=20)
    await own.begin()
    await own.run(60.5)
    own.provider.bad.add("one")
    before = own.provider.calls(0, 60)
    await own.run(60.5 + 660)
    moments = [at for at, _ in own.provider.denied]
    assert len([at for at in moments if at < moments[0] + 1]) <= 4, "those in flight"
    assert len([at for at in moments if at > moments[0] + 1]) == 2
    assert before == 40
    assert own.provider.calls(120, 720) >= 0.98 * 20 * 10 * 60 / (60 + LATENCY)
    assert not own.provider.refused


@pytest.mark.parametrize("keys", ["a:one", "a:one,b:two,c:three"])
async def test_a_used_quota_leaves_no_long_time_without_a_call(
    store: Redis, pool: Any, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    """So that a batch that comes then is served within five seconds; all of the quota is used."""
    groups = keys.count(":")
    own = Simulation(store, pool, monkeypatch, analyzers=2, keys=keys, limit=55)
    await own.begin()
    await own.run(300)
    gaps = [later - earlier for earlier, later in itertools.pairwise(own.provider.moments)]
    assert max(gaps) < 5, max(gaps)
    assert own.provider.calls(0, 300) >= 0.98 * 55 * groups * 5 * 60 / (60 + LATENCY)
    assert len([at for at in own.provider.moments if at < 10]) >= 0.7 * 55 * groups, "most may go at once"
    assert not own.provider.refused
