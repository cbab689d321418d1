"""The limit on requests: exact, shared, honest in what it says, and out of the way when Redis is."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from services.gateway import limits
from services.gateway.limits import Limiter, is_limited, is_poll

LIMIT = 20


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for a busy machine that opens sixty connections at once."""
    monkeypatch.setattr(limits, "_DEADLINE_SECONDS", 10.0)


async def test_an_hour_holds_so_many_requests_and_no_more_over_all_gateways(store: Redis) -> None:
    gateways = [Limiter(store, LIMIT), Limiter(store, LIMIT)]
    answers = await asyncio.gather(*(gateways[n % 2].take("a", poll=False) for n in range(3 * LIMIT)))
    known = [answer for answer in answers if answer is not None]
    assert len(known) == 3 * LIMIT
    assert sum(answer.allowed for answer in known) == LIMIT
    assert sorted(answer.remaining for answer in known if answer.allowed) == list(range(LIMIT))
    assert all(3_590 < answer.seconds(time.monotonic()) <= 3_660 for answer in known)
    other = await gateways[0].take("b", poll=False)
    assert other is not None
    assert (other.allowed, other.remaining, other.limit) == (True, LIMIT - 1, LIMIT)


async def test_a_poll_costs_a_tenth(store: Redis) -> None:
    limiter = Limiter(store, LIMIT)
    remaining = [answer.remaining for _ in range(21) if (answer := await limiter.take("a", poll=True))]
    assert remaining == [19] * 10 + [18] * 10 + [17]
    request = await limiter.take("a", poll=False)
    assert request is not None
    assert request.remaining == 16
    assert (await limiter.take("a", poll=True)) is not None
    assert await store.hget("limit:a", "used") == b"4", "what was paid for stays paid for"


async def test_what_is_an_hour_old_comes_back_minute_by_minute(store: Redis) -> None:
    minute = (await store.time())[0] // 60
    await store.hset(
        "limit:a", mapping={str(minute - 61): 15, str(minute - 60): 3, "used": 18, "oldest": minute - 61}
    )
    standing = await Limiter(store, LIMIT).take("a", poll=False)
    assert standing is not None
    assert standing.remaining == LIMIT - 3 - 1
    assert 0 < standing.seconds(time.monotonic()) <= 60, "the three come back at the end of this minute"
    assert 3_600 < await store.ttl("limit:a") <= 3_720


async def test_who_was_refused_is_refused_without_asking_again(store: Redis) -> None:
    limiter = Limiter(store, 1)
    first, second = await limiter.take("a", poll=False), await limiter.take("a", poll=False)
    assert first is not None
    assert second is not None
    assert (first.allowed, second.allowed) == (True, False)
    await store.delete("limit:a")
    assert (await limiter.take("a", poll=True)) == second


async def test_when_redis_is_away_everybody_comes_in_and_few_wait(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = Limiter(store, LIMIT)
    assert await limiter.take("a", poll=False) is not None
    monkeypatch.setattr(limits, "_DEADLINE_SECONDS", 0.1)
    await store.client_pause(60_000, all=False)
    try:
        began = time.monotonic()
        assert [await limiter.take("a", poll=False) for _ in range(50)] == [None] * 50
        assert time.monotonic() - began < 1, "one deadline of 0.1 s, not fifty"
    finally:
        await store.client_unpause()


async def test_no_limit_asks_nothing(store: Redis) -> None:
    assert await Limiter(store, 0).take("a", poll=False) is None
    assert await store.keys("limit:*") == []


async def test_what_is_remembered_is_bounded(store: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_CLIENTS", 3)
    limiter = Limiter(store, LIMIT)
    for n in range(10):
        await limiter.take(f"client {n}", poll=True)
    assert list(limiter._clients) == ["client 7", "client 8", "client 9"]


def test_the_api_is_counted_and_pages_are_not() -> None:
    assert is_limited("/api/v1/batches")
    assert is_limited("/admin/keys")
    assert not any(is_limited(path) for path in ("/", "/admin", "/static/app.css", "/batch/1/events"))
    assert is_poll("GET", "/api/v1/batches/1/progress")
    assert not is_poll("GET", "/api/v1/batches/1/results")
    assert not is_poll("POST", "/api/v1/batches/1/status")
