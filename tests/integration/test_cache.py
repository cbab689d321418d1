"""The paid ledger and its leases: one call an image, whoever asks and whoever dies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from blake3 import blake3
from msgspec.structs import replace
from redis.asyncio import Redis

from services.analyzer import cache as cache_module
from services.analyzer.cache import Claim
from services.analyzer.conversion import Converter
from services.analyzer.download import Picture
from services.analyzer.entries import Entry, Fresh
from services.analyzer.fetch_failure import FetchFailure
from services.analyzer.images import Images, _Fetched
from services.analyzer.keys import ApiKey
from services.analyzer.memory import Memory, Portion
from services.analyzer.pending import Failed, LeaseLost, NotRunning, PendingImage, Wanted
from shared.error_classes import ErrorClass
from tests.integration.analyzer_parts import BATCH, URL, Parts, entry, image, redis_of

KEY = ApiKey("group", "key")


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Redis]:
    async with redis_of(redis_url) as client:
        yield client


@pytest.fixture
def quick_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "LEASE_MS", 300)


def parts(store: Redis, instance: str = "analyzer-1") -> Parts:
    return Parts(store, None, instance)


# --- the ledger -----------------------------------------------------------------------------------
async def test_what_was_paid_for_is_found_by_url_and_by_content(store: Redis) -> None:
    mine, other = parts(store), parts(store, "analyzer-2")
    assert await mine.cache.claim(URL, "a") is Claim.MINE
    await mine.ledger.settle("call", KEY, [(image("a"), entry())])
    assert await other.cache.look_up([URL, "http://unknown.example"]) == {URL: entry()}
    assert await other.cache.claim("http://another.example/same.jpg", "a") == entry()
    assert await other.cache.look_up(["http://another.example/same.jpg"]) != {}
    assert await store.ttl(mine.cache.entry_key("a")) > 3_000


async def test_nothing_is_looked_up_for_no_url(store: Redis) -> None:
    assert await parts(store).cache.look_up([]) == {}
    assert await parts(store).cache.look_up([URL]) == {}


async def test_an_image_that_was_not_paid_for_leaves_no_entry_and_no_lease(store: Redis) -> None:
    mine, other = parts(store), parts(store, "analyzer-2")
    await mine.cache.claim(URL, "a")
    await mine.ledger.settle("call", KEY, [(image("a"), None)])
    assert await other.cache.claim(URL, "a") is Claim.MINE


async def test_claims_of_one_moment_are_answered_each(store: Redis) -> None:
    mine = parts(store)
    await mine.cache.claim(URL, "5")
    await mine.ledger.settle("call", KEY, [(image("5"), entry("five"))])
    answers = await asyncio.gather(*(mine.cache.claim(f"{URL}?{n}", str(n)) for n in range(150)))
    assert answers[5] == entry("five")
    assert all(answer is Claim.MINE for n, answer in enumerate(answers) if n != 5)


async def test_an_entry_that_cannot_be_read_is_paid_for_once_more(store: Redis) -> None:
    """Of an older shape, or damaged: neither the look-up nor the claims beside it may fail of it."""
    mine, other = parts(store), parts(store, "analyzer-2")
    await mine.cache.claim(URL, "old")
    for body in (b"\xc1", msgspec.msgpack.encode(["an", "older", "shape"])):
        await store.set(mine.cache.entry_key("old"), body)
        assert await mine.cache.look_up([URL]) == {}
        answers = await asyncio.gather(*(mine.cache.claim(URL, content) for content in ("old", "new")))
        assert answers == [Claim.MINE] * 2
        assert await other.cache.claim(URL, "old") is Claim.BUSY
    await mine.ledger.settle("call", KEY, [(image("old"), entry())])
    assert await other.cache.claim(URL, "old") == entry()


async def test_an_answer_that_is_too_old_for_who_asks_is_paid_for_once_more(store: Redis) -> None:
    mine, other = parts(store), parts(store, "analyzer-2")
    fresh = Fresh(200.0, BATCH)
    for content, at in (("old", 100.0), ("new", 300.0)):
        await mine.cache.claim(URL, content)
        await mine.ledger.settle("call", KEY, [(image(content), replace(entry(), at=at))])
    assert await mine.cache.claim(URL, "new", fresh) == replace(entry(), at=300.0)
    assert await mine.cache.claim(URL, "old", fresh) is Claim.MINE
    assert await other.cache.claim(URL, "old", fresh) is Claim.BUSY
    assert await other.cache.claim(URL, "old") == replace(entry(), at=100.0), "good enough for others"
    await mine.ledger.settle("call", KEY, [(image("old"), replace(entry(), at=250.0))])
    assert await other.cache.claim(URL, "old", fresh) == replace(entry(), at=250.0)


async def test_every_claim_hears_of_a_failure(store: Redis) -> None:
    mine = parts(store)

    async def too_few(args: object) -> list[bytes]:
        return [b"1"]

    mine.cache._claim = too_few  # type: ignore[assignment]
    async with asyncio.timeout(5):
        answers = await asyncio.gather(
            *(mine.cache.claim(URL, str(n)) for n in range(2)), return_exceptions=True
        )
    assert isinstance(answers[1], ValueError)


# --- leases ---------------------------------------------------------------------------------------
async def test_one_of_two_calls_for_an_image(store: Redis) -> None:
    one, two = parts(store), parts(store, "analyzer-2")
    answers = await asyncio.gather(one.cache.claim(URL, "a"), two.cache.claim(URL, "a"))
    assert {answers[0], answers[1]} == {Claim.MINE, Claim.BUSY}


async def test_a_restarted_analyzer_takes_its_own_lease_at_once(store: Redis) -> None:
    assert await parts(store).cache.claim(URL, "a") is Claim.MINE
    assert await parts(store).cache.claim(URL, "a") is Claim.MINE


@pytest.mark.usefixtures("quick_leases")
async def test_the_lease_of_a_dead_one_runs_out_and_that_of_a_live_one_does_not(store: Redis) -> None:
    live, dead, heir = (parts(store, f"analyzer-{n}") for n in (1, 2, 3))
    await live.cache.claim(URL, "live")
    live.cache.held.add("live")
    await dead.cache.claim(URL, "dead")
    async with asyncio.timeout(5):
        while await heir.cache.claim(URL, "dead") is Claim.BUSY:
            await live.cache.renew()
            await asyncio.sleep(0.02)
    assert await heir.cache.claim(URL, "live") is Claim.BUSY


async def test_nobody_drops_or_prolongs_the_lease_of_another(store: Redis) -> None:
    slow, other = parts(store), parts(store, "analyzer-2")
    await slow.cache.claim(URL, "a")
    slow.cache.held.add("a")
    await store.delete(slow.cache.lease_key("a"))  # it ran out while its holder stood still
    await other.cache.claim(URL, "a")
    await store.pexpire(other.cache.lease_key("a"), 5_000)
    await slow.cache.renew()
    assert await store.pttl(other.cache.lease_key("a")) <= 5_000
    await slow.cache.give_up(["a"])
    assert await store.get(other.cache.lease_key("a")) == b"analyzer-2"


# --- images ---------------------------------------------------------------------------------------
# The pictures here are none: they go as they are, and no process that converts them is started.
_TAKEN = frozenset({""})


class Web:
    """Downloads: the content is the host's name, so two URLs of one host are one image."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    async def fetch(self, url: str, portion: Portion) -> Picture | FetchFailure:
        self.fetched.append(url)
        await asyncio.sleep(0)
        if "404" in url:
            return FetchFailure(ErrorClass.HTTP_4XX, "The host says 404.")
        return Picture(url.split("/")[2].encode())


class Till:
    """Stands where calls are made, and keeps what it was given."""

    def __init__(self, own: Parts) -> None:
        self.own = own
        self.images: list[PendingImage] = []
        self.came = asyncio.Event()

    def put(self, pending: PendingImage) -> None:
        self.images.append(pending)
        self.came.set()

    async def next(self) -> PendingImage:
        async with asyncio.timeout(5):
            await self.came.wait()
        self.came.clear()
        return self.images[-1]

    async def pay(self, pending: PendingImage) -> None:
        pending.called = True
        await self.own.ledger.settle("call", KEY, [(pending, entry(pending.content.decode()))])
        pending.end(entry(pending.content.decode()))


class Desk:
    def __init__(self, store: Redis, instance: str = "analyzer-1") -> None:
        self.parts = parts(store, instance)
        self.web, self.till = Web(), Till(self.parts)
        downloader: Any = self.web
        calls: Any = self.till
        self.images = Images(downloader, Converter(), self.parts.cache, calls, _TAKEN)

    def get(self, url: str, batch: Any = BATCH) -> "asyncio.Task[Entry]":
        return asyncio.create_task(self.images.get(Wanted(url, batch, 1, 1, "batch/1")))


async def all_of(tasks: Sequence["asyncio.Task[Entry]"]) -> list[Entry]:
    async with asyncio.timeout(10):
        return await asyncio.gather(*tasks)


async def test_rows_that_want_one_image_share_one_download_and_one_call(store: Redis) -> None:
    desk = Desk(store)
    same_url = [desk.get("http://a/1") for _ in range(5)]
    same_content = [desk.get(f"http://a/{n}") for n in (2, 3)]
    await desk.till.pay(await desk.till.next())
    answers = await all_of(same_url + same_content)
    assert {answer.analysis.text for answer in answers} == {"a"}
    assert sorted(desk.web.fetched) == ["http://a/1", "http://a/2", "http://a/3"]
    assert len(desk.till.images) == 1


async def test_who_finds_an_image_leased_waits_for_its_entry(store: Redis) -> None:
    one, two = Desk(store), Desk(store, "analyzer-2")
    first = one.get("http://a/1")
    pending = await one.till.next()
    second = two.get("http://a/1")
    while not two.web.fetched:
        await asyncio.sleep(0)
    await one.till.pay(pending)
    answers = await all_of([first, second])
    assert answers[0] == answers[1]
    assert two.till.images == []


@pytest.mark.usefixtures("quick_leases")
async def test_when_the_holder_dies_the_other_calls(store: Redis) -> None:
    two = Desk(store, "analyzer-2")
    content = blake3(b"a").hexdigest()
    await parts(store).cache.claim("http://a/1", content)  # and is never heard of again
    waiting = two.get("http://a/1")
    await two.till.pay(await two.till.next())
    assert (await all_of([waiting]))[0].analysis.text == "a"


async def test_a_lost_lease_is_claimed_again_by_all_who_want_the_image(store: Redis) -> None:
    desk = Desk(store)
    rows = [desk.get(f"http://a/{n}") for n in range(4)]
    first = await desk.till.next()
    first.end(LeaseLost())
    second = await desk.till.next()
    assert second is not first
    await desk.till.pay(second)
    await all_of(rows)
    assert len(desk.till.images) == 2


async def test_a_row_that_comes_in_the_moment_a_lease_is_lost_does_not_spin(store: Redis) -> None:
    desk = Desk(store)
    row = desk.get("http://a/1")
    lost = await desk.till.next()
    content = lost.content_hash
    lost.end(LeaseLost())
    wanted = Wanted("http://a/2", BATCH, 1, 1, "batch/2")
    late = asyncio.create_task(desk.images._resolve(wanted, _Fetched(b"a", content, Memory(1).portion())))
    await desk.till.pay(await desk.till.next())
    await all_of([row, late])


async def test_a_paused_batch_gives_its_image_back_and_another_batch_takes_it_up(store: Redis) -> None:
    desk, other = Desk(store), UUID(int=2)
    mine = desk.get("http://a/1")
    pending = await desk.till.next()
    theirs = desk.get("http://a/1", other)
    await asyncio.sleep(0)
    desk.images.abandon({BATCH})
    for task in (mine, theirs):
        with pytest.raises(NotRunning):
            await asyncio.wait_for(task, 5)
    assert pending.answer.done()
    assert await store.exists(desk.parts.cache.lease_key(pending.content_hash)) == 0
    again = desk.get("http://a/1", other)
    await desk.till.pay(await desk.till.next())
    await all_of([again])


async def test_a_row_whose_image_was_given_back_may_want_it_again(store: Redis) -> None:
    """It fetches in its own task, which is cancelled then, and is not any more."""
    desk = Desk(store)

    async def twice() -> Entry:
        with pytest.raises(NotRunning):
            await desk.images.get(Wanted("http://a/1", BATCH, 1, 1, "batch/1"))
        return await desk.images.get(Wanted("http://a/1", BATCH, 1, 1, "batch/1"))

    row = asyncio.create_task(twice())
    await desk.till.next()
    desk.images.abandon({BATCH})
    desk.images.abandon({BATCH})
    await desk.till.pay(await desk.till.next())
    await all_of([row])
    assert not row.cancelling()


async def test_a_row_that_leaves_takes_its_image_back_from_those_who_joined(store: Redis) -> None:
    desk = Desk(store)
    row = desk.get("http://a/1")
    await desk.till.next()
    joined = desk.get("http://a/1")
    await asyncio.sleep(0)
    row.cancel()
    with pytest.raises(asyncio.CancelledError):
        await row
    with pytest.raises(NotRunning):
        await asyncio.wait_for(joined, 5)


async def test_an_image_that_is_in_a_call_is_not_given_back(store: Redis) -> None:
    desk = Desk(store)
    row = desk.get("http://a/1")
    pending = await desk.till.next()
    pending.called = True
    desk.images.abandon({BATCH})
    await desk.till.pay(pending)
    await all_of([row])


@pytest.mark.usefixtures("quick_leases")
async def test_a_claim_that_was_given_back_before_its_answer_holds_up_nobody(store: Redis) -> None:
    desk, other = Desk(store), Desk(store, "analyzer-2")
    row = desk.get("http://a/1")
    while not desk.parts.cache._asked:
        await asyncio.sleep(0)
    desk.images.abandon({BATCH})
    await asyncio.gather(row, return_exceptions=True)
    waiting = other.get("http://a/1")
    deadline = asyncio.get_running_loop().time() + 5
    while not other.till.images:
        assert asyncio.get_running_loop().time() < deadline, "the lease is prolonged for nobody"
        await desk.parts.cache.renew()
        await asyncio.sleep(0.02)
    await other.till.pay(other.till.images[0])
    await all_of([waiting])


async def test_a_download_that_fails_is_the_row_s_failure(store: Redis) -> None:
    with pytest.raises(Failed) as failed:
        await asyncio.wait_for(Desk(store).get("http://a/404"), 5)
    assert failed.value.error_class is ErrorClass.HTTP_4XX
