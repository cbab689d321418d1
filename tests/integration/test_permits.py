"""Permits against what they promise: no call too many, few too few, and none while nothing is known."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from services.analyzer import breaker, trouble
from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.cache import Claim
from services.analyzer.caller import Caller
from services.analyzer.calls import Calls
from services.analyzer.keys import ApiKey
from services.analyzer.pending import Failed, PendingImage
from services.analyzer.permits import Go, Repack, Verdict, Wait
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.sniff import USUAL
from services.analyzer.states import States
from shared import key_states
from shared.desired import DesiredMirror, State
from shared.error_classes import ErrorClass
from shared.key_states import KeyState
from shared.keys_text import fingerprint
from shared.limited_by import LimitedBy, Limits
from shared.price import Price
from shared.redis import UNAVAILABLE
from tests.api_keys import parse
from tests.fakes.vision.quota import SlidingWindow
from tests.integration.analyzer_parts import (
    BATCH,
    URL,
    Parts,
    image,
    insert_batch,
    own_redis,
    pool_of,
    redis_of,
    run_batch,
    until,
)
from tests.servers import Servers, fresh_database

REFUSED = CallFailed(Refusal.QUOTA, "too many")


@pytest.fixture(scope="module")
def database(servers: Servers, template: str) -> Iterator[str]:
    with fresh_database(servers, template) as url:
        yield url


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Any]:
    """Of a database where no Redis has counted yet."""
    async with pool_of(database) as made:
        await made.execute("truncate analyzer.quota_epochs, gateway.batches cascade")
        yield made


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Redis]:
    async with redis_of(redis_url) as client:
        await run_batch(client)
        yield client


async def claimed(parts: Parts, content_hash: str = "a") -> PendingImage:
    assert await parts.cache.claim(URL, content_hash) is Claim.MINE
    return image(content_hash)


async def decided(parts: Parts, call: str, images: Sequence[PendingImage], seconds: float = 5) -> Verdict:
    """The first answer that is no short wait; the count may begin anew before it."""
    deadline = time.monotonic() + seconds
    while isinstance(verdict := await parts.permits.ask(call, images), Wait) and verdict.seconds < 0.02:
        assert time.monotonic() < deadline
        await asyncio.sleep(verdict.seconds)
    return verdict


async def granted(parts: Parts, call: str, images: Sequence[PendingImage], seconds: float = 10) -> float:
    """Asks until the call may go; the seconds that took."""
    began = time.monotonic()
    while not isinstance(verdict := await parts.permits.ask(call, images), Go):
        assert isinstance(verdict, Wait), verdict
        assert time.monotonic() - began < seconds
        await asyncio.sleep(min(verdict.seconds, 0.05))
    return time.monotonic() - began


def key(parts: Parts, secret: str = "key") -> ApiKey:
    found = parts.keys.find(fingerprint(secret))
    assert found is not None
    return found


async def prove(parts: Parts) -> None:
    """Every key has answered before."""
    for print_ in parts.keys.group_of:
        found = parts.keys.find(print_)
        assert found is not None
        await parts.ledger.settle("before", found, [])


def group_of(verdict: Verdict) -> str:
    assert isinstance(verdict, Go), verdict
    return verdict.group


# --- quota ----------------------------------------------------------------------------------------
LIMIT, WINDOW, LATENCY, CLIENTS, CYCLES = 20, 1.5, 0.05, 6, 3


async def caller(url: str, pool: Any, name: str, until_time: float, arrivals: list[float]) -> None:
    """One analyzer that always has work: asks, calls, settles."""
    async with redis_of(url) as own:
        parts = Parts(own, pool, name, limit=LIMIT, window=WINDOW, deadline=1.0)
        work = await claimed(parts, name)
        calls: set[asyncio.Task[None]] = set()

        async def call(call_id: str) -> None:
            await asyncio.sleep(random.uniform(0, LATENCY))
            arrivals.append(time.monotonic())
            await asyncio.sleep(LATENCY / 2)
            await parts.ledger.settle(call_id, key(parts), [])

        number = 0
        while time.monotonic() < until_time:
            verdict = await parts.permits.ask(f"{name}:{number}", [work])
            if isinstance(verdict, Go):
                calls.add(asyncio.create_task(call(f"{name}:{number}")))
                number += 1
            else:
                assert isinstance(verdict, Wait), verdict
                await asyncio.sleep(min(verdict.seconds, 0.1))
        await asyncio.gather(*calls)


async def test_many_analyzers_use_the_quota_and_never_more(redis_url: str, store: Redis, pool: Any) -> None:
    arrivals: list[float] = []
    began = time.monotonic()
    end = began + CYCLES * (WINDOW + LATENCY) - 0.1
    names = [f"analyzer-{n}" for n in range(CLIENTS)]
    await asyncio.gather(*(caller(redis_url, pool, name, end, arrivals) for name in names))
    window = SlidingWindow()
    for arrival in sorted(arrivals):
        assert window.wait_for(1, LIMIT, WINDOW, arrival) == 0, "a call too many"
        window.take(1, arrival)
    assert len(arrivals) >= 0.95 * LIMIT * CYCLES


async def test_the_slot_of_a_dead_holder_is_free_after_deadline_and_window(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, limit=1, window=0.4, deadline=0.3)
    work = [await claimed(parts)]
    await granted(parts, "dead", work)
    assert 0.6 <= await granted(parts, "next", work) <= 1.2


async def test_a_settled_slot_is_free_a_window_after_the_response(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, limit=1, window=0.4, deadline=5.0)
    work = [await claimed(parts)]
    await granted(parts, "first", work)
    await parts.ledger.settle("first", key(parts), [])
    assert 0.3 <= await granted(parts, "next", work) <= 0.9


async def test_the_group_with_the_most_room_goes_first(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, limit=2, keys="a:one,b:two")
    work = [await claimed(parts)]
    assert await parts.permits.ask("0", work) == Wait(0.0), "the count begins"
    await prove(parts)
    groups = [group_of(await decided(parts, str(n), work)) for n in range(4)]
    assert sorted(groups) == ["a", "a", "b", "b"]
    assert isinstance(await parts.permits.ask("5", work), Wait)


async def test_the_last_slots_are_spared_for_who_had_none(store: Redis, pool: Any) -> None:
    parts, newcomer = Parts(store, pool, limit=20, window=60.0), UUID(int=9)
    await run_batch(store, newcomer)
    await parts.permits.ask("the count begins:1", [await claimed(parts)])
    await prove(parts)
    mine, theirs = [image("a")], [image("a", newcomer)]
    for number in range(15):
        assert isinstance(await decided(parts, f"{number}:1", mine), Go)
        await parts.ledger.settle(f"{number}:1", key(parts), [])
    spared = await parts.permits.ask("a:1", mine)
    assert isinstance(spared, Wait)
    assert 5 < spared.seconds <= 10, "five for a minute"
    assert isinstance(await parts.permits.ask("b:1", theirs), Go)
    assert isinstance(await parts.permits.ask("c:1", theirs), Wait), "and then it is no newcomer"


# --- images ---------------------------------------------------------------------------------------
async def test_images_that_may_not_go_are_named(store: Redis, pool: Any) -> None:
    parts, other = Parts(store, pool), Parts(store, pool, "analyzer-2")
    paused, unknown, behind = (UUID(int=n) for n in (1, 2, 3))
    await run_batch(store, paused, State.PAUSED, version=2)
    await run_batch(store, behind, version=3)
    mine = await claimed(parts, "mine")
    assert await other.cache.claim(URL, "theirs") is Claim.MINE
    images = [
        mine,
        image("mine", paused, version=1),
        image("mine", unknown),
        image("mine", behind, version=4),
        image("theirs"),
        image("nobody's"),
    ]
    assert await parts.permits.ask("call", images) == Repack("ypuull")
    assert await store.zcard("quota:slots:group") == 0, "no slot is taken by a call that does not go"


async def test_a_pause_refuses_the_very_next_call(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool)
    work = [await claimed(parts)]
    await granted(parts, "1", work)
    await run_batch(store, BATCH, State.PAUSED, version=2)
    assert await parts.permits.ask("2", work) == Repack("p")


# --- what Redis can forget ------------------------------------------------------------------------
async def test_a_first_start_holds_nothing(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool)
    assert await decided(parts, "1", [await claimed(parts)]) == Go("group", fingerprint("key"))


@pytest.mark.parametrize("loss", ["flush", "another run"])
async def test_a_loss_counts_as_everything_taken(store: Redis, pool: Any, loss: str) -> None:
    parts = Parts(store, pool, window=0.5, deadline=0.3)
    await granted(parts, "1", [await claimed(parts)])
    if loss == "flush":
        await store.flushdb()
        await run_batch(store)
    else:
        await store.set("quota:epoch", "f" * 40)
    work = [await claimed(parts)]
    held = await decided(parts, "2", work)
    assert isinstance(held, Wait)
    assert 0.7 <= held.seconds <= 0.8
    assert await granted(parts, "2", work) >= 0.6


async def test_a_restarted_redis_is_another_run(tmp_path: Path, pool: Any) -> None:
    async with own_redis(tmp_path) as server, redis_of(server.url) as store:
        await run_batch(store)
        parts = Parts(store, pool)
        await granted(parts, "1", [await claimed(parts)])
        server.stop()
        await server.start()
        with contextlib.suppress(*UNAVAILABLE):
            await store.ping()  # the connection that died with it
        held = await decided(parts, "2", [image("a")])
        assert isinstance(held, Wait)
        assert 2.0 < held.seconds <= 3.0


async def test_without_redis_there_is_no_permit(tmp_path: Path, pool: Any) -> None:
    async with own_redis(tmp_path) as server, redis_of(server.url) as store:
        await run_batch(store)
        parts = Parts(store, pool)
        work = [await claimed(parts)]
        server.stop()
        with pytest.raises(UNAVAILABLE):
            await parts.permits.ask("1", work)


async def test_a_clock_that_stepped_holds_everything(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, window=0.5, deadline=0.3)
    work = [await claimed(parts)]
    await granted(parts, "1", work)
    assert parts.permits._offset_ms is not None
    parts.permits._offset_ms -= 5_000  # as if Redis' clock had jumped ahead since
    held = await decided(parts, "2", work)
    assert isinstance(held, Wait)
    assert 0.6 <= held.seconds <= 0.8
    assert await granted(parts, "2", work) >= 0.5


async def test_a_clock_that_runs_a_little_off_holds_nothing(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool)
    work = [await claimed(parts)]
    await granted(parts, "1", work)
    assert parts.permits._offset_ms is not None
    parts.permits._offset_ms -= 1_500
    await parts.ledger.settle("1", key(parts), [])
    assert await decided(parts, "2", work) == Go("group", fingerprint("key"))


# --- refusals -------------------------------------------------------------------------------------
async def rest_of(store: Redis) -> float:
    seconds, micros = await store.time()
    rest = await store.hget("quota:group:group", "rest")
    return max(0.0, int(rest or 0) / 1_000 - seconds - micros / 1e6)


async def test_refusals_in_a_row_rest_the_group_longer_and_longer(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool)
    work = [await claimed(parts)]
    await granted(parts, "1", work)
    for expected in (5, 10, 20, 40, 60, 60):
        await parts.ledger.settle("1", key(parts), [], REFUSED)
        assert expected - 1 < await rest_of(store) <= expected
        verdict = await parts.permits.ask("2", work)
        assert isinstance(verdict, Wait)
        assert verdict.seconds > expected - 1
        await store.hdel("quota:group:group", "rest")  # the rest is over
    await parts.ledger.settle("1", key(parts), [])
    await parts.ledger.settle("1", key(parts), [], REFUSED)
    assert await rest_of(store) <= 5, "a call that was answered ends the row"


async def test_calls_that_are_refused_together_are_one_refusal(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool)
    for call in "123":
        await parts.ledger.settle(call, key(parts), [], REFUSED)
    assert await rest_of(store) <= 5


async def test_the_provider_s_own_wish_is_the_least(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool)
    await parts.ledger.settle("1", key(parts), [], CallFailed(Refusal.QUOTA, "later", 30.0))
    assert 29 < await rest_of(store) <= 30
    await parts.ledger.settle("2", key(parts), [], CallFailed(Refusal.QUOTA, "sooner", 1.0))
    assert 29 < await rest_of(store) <= 30
    await parts.ledger.settle("3", key(parts), [], CallFailed(Refusal.QUOTA, "much later", 1e9))
    assert await rest_of(store) <= 3_600


async def limit_of(store: Redis) -> int:
    return int(await store.hget("quota:group:group", "limit") or 0)


async def minutes_pass(store: Redis, minutes: int) -> None:
    await store.hdel("quota:group:group", "rest")
    await store.hincrby("quota:group:group", "grows", -60_000 * minutes)


async def use_up(parts: Parts, work: Sequence[PendingImage], calls: int) -> None:
    """As many calls, each answered before the next; then there is no slot."""
    for n in range(calls):
        call = f"{n} of {calls}"
        await parts.permits._redis.delete(f"quota:called:{BATCH}")  # for who had none, nothing is spared
        assert isinstance(await decided(parts, call, work), Go)
        await parts.ledger.settle(call, key(parts), [])
    assert isinstance(await parts.permits.ask("one more", work), Wait)


async def test_a_refused_group_has_less_and_wins_it_back_call_by_call(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, limit=20, window=60.0)
    work = [await claimed(parts)]
    for left in (14, 9):
        await parts.ledger.settle("1", key(parts), [], REFUSED)
        assert await limit_of(store) == left
        await minutes_pass(store, 0)
        await parts.ledger.settle("1", key(parts), [], REFUSED)
        assert await limit_of(store) == left, "refused again before any answer: that says nothing new"
        await minutes_pass(store, 0)
        await parts.ledger.settle("1", key(parts), [])
    await use_up(parts, work, 9)
    await minutes_pass(store, 1)
    await store.delete(f"quota:called:{BATCH}")
    assert isinstance(await parts.permits.ask("probe", work), Go), (
        "nine went well for a window: a tenth is tried"
    )
    assert await limit_of(store) == 10
    await parts.ledger.settle("probe", key(parts), [], REFUSED)
    assert await limit_of(store) == 9, "one more than went well was too much"
    await minutes_pass(store, 9)
    await store.delete("quota:slots:group")  # their windows are over
    await use_up(parts, work, 9)
    await minutes_pass(store, 1)
    await store.delete(f"quota:called:{BATCH}")
    assert isinstance(await parts.permits.ask("next", work), Go)
    assert await limit_of(store) == 10


async def test_a_refused_group_is_left_what_the_provider_took(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, limit=20, window=60.0)
    work = [await claimed(parts)]
    for call in ("1:3", "2:3", "3:3", "4:3", "5:3", "a:3", "b:3"):
        assert isinstance(await decided(parts, call, work), Go)
        if call[0].isdigit():
            await parts.ledger.settle(call, key(parts), [])
    for call, left in (("a:3", 6), ("b:3", 5)):
        await parts.ledger.settle(call, key(parts), [], REFUSED)
        assert await limit_of(store) == left, "what may be taken yet counts as taken"
    assert await store.hget("quota:group:group", "images") == b"15"
    await minutes_pass(store, 0)
    verdict = await parts.permits.ask("6:3", work)
    assert isinstance(verdict, Wait)
    assert verdict.seconds > 50, "all of it is used: it is not asked in vain"


async def test_a_group_that_rested_makes_one_call_until_it_is_answered(store: Redis, pool: Any) -> None:
    parts, other = Parts(store, pool), Parts(store, pool, "analyzer-2")
    work = [await claimed(parts)]
    await decided(parts, "1", work)
    await parts.ledger.settle("1", key(parts), [], REFUSED)
    await parts.ledger.settle("0", key(parts), [])  # was on its way when its group was refused
    await minutes_pass(store, 0)
    assert isinstance(await decided(parts, "2", work), Go)
    assert await other.permits.ask("3", [await claimed(other, "b")]) == Wait(0.1)
    await parts.ledger.settle("2", key(parts), [])
    assert isinstance(await other.permits.ask("3", [image("b")]), Go)
    assert isinstance(await other.permits.ask("4", [image("b")]), Go)
    assert await other.permits.ask("5", [image("b")]) == Wait(0.1), (
        "few, until as many were answered as are left"
    )


async def test_images_have_a_budget_of_their_own(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, window=0.5, images=40)
    work = [await claimed(parts)]
    await prove_after_start(parts, work)
    for call in ("1:16", "2:16"):
        assert isinstance(await parts.permits.ask(call, work), Go)
        await parts.ledger.settle(call, key(parts), [])
    refused = await parts.permits.ask("3:16", work)
    assert isinstance(refused, Wait)
    assert refused.why is LimitedBy.QUOTA
    assert isinstance(await parts.permits.ask("4:7", work), Go), (
        "seven are left, beside the one that proved the key"
    )
    await parts.ledger.settle("4:7", key(parts), [])
    assert 0.2 <= await granted(parts, "5:16", work) <= 1.0


# --- keys -----------------------------------------------------------------------------------------
BAD = CallFailed(Refusal.KEY, "API key not valid")


async def prove_after_start(parts: Parts, work: Sequence[PendingImage]) -> None:
    assert isinstance(await decided(parts, "first", work), Go)
    await parts.ledger.settle("first", key(parts), [])


async def state_of(store: Redis, secret: str = "key") -> key_states.Told:
    return (await key_states.read(store, {fingerprint(secret): "group"}))[fingerprint(secret)]


async def test_a_key_that_never_answered_is_in_one_call_at_a_time(store: Redis, pool: Any) -> None:
    """Of all analyzers: a bad one costs one call and not a quota of them."""
    parts, other = Parts(store, pool), Parts(store, pool, "analyzer-2")
    work, its = [await claimed(parts)], [await claimed(other, "b")]
    assert (await state_of(store)).state is KeyState.PROBING
    assert isinstance(await decided(parts, "1", work), Go)
    assert await other.permits.ask("2", its) == Wait(0.1)
    await parts.ledger.settle("1", key(parts), [], CallFailed(Refusal.UNAVAILABLE, "away"))
    assert isinstance(await other.permits.ask("2", its), Go), "nothing was said of the key"
    await other.ledger.settle("2", key(other), [])
    assert {type(await parts.permits.ask(str(n), work)) for n in range(3)} == {Go}
    assert (await state_of(store)).state is KeyState.OK


async def test_a_bad_key_is_left_out_by_all_and_tried_again_once(store: Redis, pool: Any) -> None:
    parts, other = Parts(store, pool), Parts(store, pool, "analyzer-2")
    work, its = [await claimed(parts)], [await claimed(other, "b")]
    await prove_after_start(parts, work)
    for call in "12":
        assert isinstance(await parts.permits.ask(call, work), Go)
    await parts.ledger.settle("1", key(parts), [], BAD)
    await parts.ledger.settle("2", key(parts), [])  # was on its way
    refused = await other.permits.ask("3", its)
    assert isinstance(refused, Wait)
    assert (refused.why, refused.seconds) == (LimitedBy.KEYS, 60.0)
    told = await state_of(store)
    assert (told.state, told.reason) == (KeyState.QUARANTINED, "API key not valid")
    await store.hset("quota:keys", fingerprint("key"), f"quarantined|1|{told.since}|API key not valid")
    assert isinstance(await other.permits.ask("4", its), Go)
    assert await parts.permits.ask("5", work) == Wait(0.1)
    await other.ledger.settle("4", key(other), [])
    assert (await state_of(store)).state is KeyState.OK
    events: Any = await store.xrange(key_states.EVENTS)
    assert [fields[b"state"] for _, fields in events] == [b"ok", b"quarantined", b"ok"]


async def test_a_bad_key_leaves_its_group_to_the_others(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, keys="a:bad,a:good")
    work = [await claimed(parts)]
    assert isinstance(await decided(parts, "1", work), Go)
    await prove(parts)
    await parts.ledger.settle("1", key(parts, "bad"), [], BAD)
    found = [await parts.permits.ask(str(n), work) for n in range(2, 5)]
    assert found == [Go("a", fingerprint("good"))] * 3


async def test_keys_that_operators_left_out_get_no_permit(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool)
    work = [await claimed(parts)]
    await prove_after_start(parts, work)
    parts.keys.leave_out(frozenset({fingerprint("key")}))
    assert await parts.permits.ask("2", work) == Wait(1.0, LimitedBy.KEYS)
    parts.keys.leave_out(frozenset())
    assert isinstance(await parts.permits.ask("2", work), Go)


async def test_a_resting_group_leaves_the_others_alone(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool, keys="a:one,b:two")
    work = [await claimed(parts)]
    assert isinstance(await decided(parts, "first", work), Go)
    await prove(parts)
    await parts.ledger.settle("0", key(parts, "one"), [], REFUSED)
    assert {group_of(await decided(parts, str(n), work)) for n in range(4)} == {"b"}


# --- calls ----------------------------------------------------------------------------------------
class Annotator:
    """A provider that answers as told and counts."""

    name, max_images, formats, needs_key = "test", 16, USUAL, True
    at_once: int | None = None
    most_bytes = 32_000_000

    def __init__(self, error: Exception | None = None) -> None:
        """`error` ends every call."""
        self.calls = 0
        self.error = error
        self.seen: list[Sequence[bytes]] = []

    async def annotate(
        self, images: Sequence[bytes], key: str, deadline: float
    ) -> list[Analysis | ImageFailure]:
        self.calls += 1
        self.seen.append(images)
        if self.error is not None:
            raise self.error
        return [Analysis(provider="test") for _ in images]

    async def close(self) -> None: ...


def calls_of(parts: Parts, provider: Annotator, store: Redis, pool: Any) -> Calls:
    states = States(DesiredMirror(store), pool)
    caller = Caller(provider, parts.ledger, deadline=1.0, price=Price())
    most = provider.max_images, 4, provider.most_bytes
    return Calls(caller, parts.permits, parts.keys, states, Limits(store), *most)


async def test_an_outage_of_redis_calls_nothing_and_heals(tmp_path: Path, pool: Any) -> None:
    await insert_batch(pool, BATCH)
    async with own_redis(tmp_path) as server, redis_of(server.url) as store:
        await run_batch(store)
        parts, provider = Parts(store, pool, window=0.4, deadline=0.3), Annotator()
        work = await claimed(parts)
        server.stop()
        calls = calls_of(parts, provider, store, pool)
        running = asyncio.create_task(calls.run())
        calls.put(work)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(work.answer), 1.5)
        assert provider.calls == 0
        await server.start()
        async with asyncio.timeout(10):
            await work.answer
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert provider.calls == 1


async def test_a_batch_that_redis_does_not_know_is_read_from_postgres(redis_url: str, pool: Any) -> None:
    await insert_batch(pool, BATCH)
    async with redis_of(redis_url) as store:
        parts, provider = Parts(store, pool), Annotator()
        work = await claimed(parts)
        calls = calls_of(parts, provider, store, pool)
        running = asyncio.create_task(calls.run())
        calls.put(work)
        async with asyncio.timeout(10):
            await work.answer
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_an_error_that_nobody_foresaw_reaches_those_who_wait(store: Redis, pool: Any) -> None:
    parts = Parts(store, pool)
    calls = calls_of(parts, Annotator(ZeroDivisionError("a defect")), store, pool)
    work = await claimed(parts)
    running = asyncio.create_task(calls.run())
    calls.put(work)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(work.answer, 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("refusal", "error_class"),
    [(Refusal.TIMEOUT, ErrorClass.PROVIDER_ERROR), (Refusal.CRASHED, ErrorClass.CRASHED)],
)
async def test_what_may_cost_or_kill_is_tried_three_times(
    store: Redis, pool: Any, monkeypatch: pytest.MonkeyPatch, refusal: Refusal, error_class: ErrorClass
) -> None:
    monkeypatch.setattr(trouble, "_BACKOFF_SECONDS", 0.0)
    monkeypatch.setattr(breaker, "_FIRST_WAIT_SECONDS", 0.01)
    parts, provider = Parts(store, pool), Annotator(CallFailed(refusal, "not now"))
    calls = calls_of(parts, provider, store, pool)
    work = await claimed(parts)
    running = asyncio.create_task(calls.run())
    calls.put(work)
    with pytest.raises(Failed, match="3 times") as failed:
        await asyncio.wait_for(work.answer, 10)
    assert failed.value.error_class is error_class
    assert provider.calls == 3
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_outage_fails_no_row_and_tries_few_of_them_twice(
    store: Redis, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trouble, "_BACKOFF_SECONDS", 0.0)
    monkeypatch.setattr(breaker, "_FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(breaker, "_LONGEST_WAIT_SECONDS", 0.05)
    parts = Parts(store, pool, limit=1_000)
    provider = Annotator(CallFailed(Refusal.UNAVAILABLE, "not now"))
    calls = calls_of(parts, provider, store, pool)
    work = [await claimed(parts, str(n)) for n in range(64)]
    running = asyncio.create_task(calls.run())
    for one in work:
        calls.put(one)

    async def probed() -> bool:
        return provider.calls >= 12

    await until(probed)
    assert not any(one.answer.done() for one in work)
    await calls._limits.say()
    assert (await Limits(store).read()).everywhere is LimitedBy.PROVIDER
    assert max(one.trouble.tries for one in work) <= 2
    assert sum(len(images) == 1 for images in provider.seen) >= provider.calls - 5, "probes are of one image"
    provider.error = None
    async with asyncio.timeout(10):
        await asyncio.gather(*(one.answer for one in work))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_work_waits_while_no_key_may_be_used_and_goes_on_with_the_next(store: Redis, pool: Any) -> None:
    parts, provider = Parts(store, pool), Annotator()
    parts.keys.leave_out(frozenset({fingerprint("key")}))
    calls = calls_of(parts, provider, store, pool)
    work = await claimed(parts)
    running = asyncio.create_task(calls.run())
    calls.put(work)

    async def told() -> bool:
        await calls._limits.say()
        return (await Limits(store).read()).everywhere is LimitedBy.KEYS

    await until(told)
    assert provider.calls == 0
    parts.keys.change(parse("group:another"))
    async with asyncio.timeout(10):
        await work.answer
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_was_given_back_while_the_permit_was_asked_for_is_not_called(
    store: Redis, pool: Any
) -> None:
    parts, provider = Parts(store, pool), Annotator()
    calls = calls_of(parts, provider, store, pool)
    work = await claimed(parts)
    ask = parts.permits.ask

    async def slow_ask(call_id: str, images: Sequence[PendingImage]) -> Verdict:
        verdict = await ask(call_id, images)
        if isinstance(verdict, Go):
            work.answer.cancel()
        return verdict

    parts.permits.ask = slow_ask  # type: ignore[method-assign]
    running = asyncio.create_task(calls.run())
    calls.put(work)

    async def asked() -> bool:
        return bool(await store.zcard("quota:slots:group"))

    await until(asked)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert provider.calls == 0
