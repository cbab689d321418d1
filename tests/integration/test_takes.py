"""A slice that ends its process is found, and only the row that does it fails (rule 6)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from services.analyzer import results
from services.analyzer.cache import ImageCache
from services.analyzer.entries import Entry
from services.analyzer.handler import SliceHandler
from services.analyzer.pending import NotRunning, Wanted
from services.analyzer.states import States
from services.analyzer.suspects import ANY_COMPANY, Marks, marks_key
from services.analyzer.takes import Takes
from shared.cache_keys import CacheKeys
from shared.desired import DesiredMirror, State
from shared.error_classes import ErrorClass
from shared.events import (
    Event,
    ImageAnalyzed,
    SliceDispatched,
    SliceFinished,
    SliceOutcome,
    SliceReleased,
    SliceRow,
)
from shared.heartbeats import heartbeat_key
from shared.stopping import Stop
from shared.topics import Topic
from tests.integration.analyzer_parts import BATCH, entry, redis_of, run_batch

POISON = "http://a.example/poison.jpg"


class Died(BaseException):
    """The process is gone: nothing that follows in it runs."""


class Pictures:
    """Answers every URL; `deadly` ends the process in the poison's call."""

    def __init__(self, deadly: BaseException | None = None) -> None:
        self.deadly = deadly
        self.asked: list[str] = []
        self.suspects = 0
        self.company: list[int] = []
        self.failing: list[Exception] = []

    async def get(self, wanted: Wanted) -> Entry:
        self.asked.append(wanted.url)
        self.suspects += wanted.suspect is not None
        if self.failing:
            raise self.failing.pop()
        if wanted.suspect is None:
            await self.called(wanted)
        else:
            await wanted.suspect.sent()
            await self.called(wanted)
            await wanted.suspect.answered()
        return entry()

    async def called(self, wanted: Wanted) -> None:
        if wanted.url == POISON:
            self.company.append(wanted.suspect.company if wanted.suspect else ANY_COMPANY)
            if self.deadly is not None:
                raise self.deadly


class Told:
    """Stands where events are produced."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def send(self, topic: Topic, key: bytes, event: Event) -> "asyncio.Future[object]":
        self.events.append(event)
        sent: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        sent.set_result(None)
        return sent

    async def send_together(self, topic: Topic, key: bytes, events: Sequence[Event]) -> None:
        self.events += events

    @property
    def results(self) -> list[ImageAnalyzed]:
        return [event for event in self.events if isinstance(event, ImageAnalyzed)]

    @property
    def outcomes(self) -> list[SliceOutcome]:
        return [event for event in self.events if isinstance(event, SliceOutcome)]


def slice_of(*urls: str, dispatch: int = 1) -> SliceDispatched:
    return SliceDispatched(
        batch_id=BATCH,
        at=datetime.now(UTC),
        slice_id=UUID(int=9),
        chunk_id=UUID(int=3),
        chunk_no=1,
        dispatch=dispatch,
        version=1,
        region="US",
        rows=tuple(SliceRow(n, url) for n, url in enumerate(urls, 1)),
    )


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Redis]:
    async with redis_of(redis_url) as client:
        await run_batch(client)
        yield client


def handler(store: Redis, pictures: Pictures, told: Told, stop: Stop | None = None) -> SliceHandler:
    """As after a start of the process."""
    images: Any = pictures
    producer: Any = told
    cache = ImageCache(store, CacheKeys("test"), "analyzer-1", 1)
    states = States(DesiredMirror(store), None)
    takes = Takes(store, "analyzer-1")
    marks = Marks(store)
    return SliceHandler(
        cache, images, takes, marks, states, producer, "analyzer-1", stop or Stop(), at_work=8
    )


WORK = slice_of("http://a.example/1.jpg", POISON, "http://a.example/2.jpg")


def fails_alone(told: Told) -> None:
    failed = [event for event in told.results if not event.success]
    assert [(event.row_no, event.error_class) for event in failed] == [(2, ErrorClass.CRASHED)]
    assert {event.row_no for event in told.results if event.success} == {1, 3}
    assert isinstance(told.outcomes[0], SliceFinished)


async def deaths_of(store: Redis, pictures: Pictures, told: Told) -> int:
    deaths = 0
    while not told.outcomes:
        try:
            await handler(store, pictures, told).handle(WORK)
        except (Died, ZeroDivisionError):
            deaths += 1
            assert deaths < 10
    return deaths


DEADLY = pytest.mark.parametrize("deadly", [Died(), ZeroDivisionError("a defect")], ids=["killed", "crashed"])


@DEADLY
async def test_the_row_whose_answer_ends_the_process_becomes_one_failed_result(
    store: Redis, monkeypatch: pytest.MonkeyPatch, deadly: BaseException
) -> None:
    read, told = results.succeeded, Told()

    def reading(work: SliceDispatched, row: SliceRow, *rest: Any, **more: Any) -> ImageAnalyzed:
        if row.url == POISON:
            raise deadly
        return read(work, row, *rest, **more)

    monkeypatch.setattr(results, "succeeded", reading)
    assert await deaths_of(store, Pictures(), told) == 5, (
        "two when nobody knew of it, three while it was marked"
    )
    fails_alone(told)
    assert [key async for key in store.scan_iter("takers:*")] == [], "it begins with a clean count"
    assert [key async for key in store.scan_iter("marks:*")] == []


@DEADLY
async def test_the_row_whose_call_ends_the_process_is_found_by_smaller_and_smaller_calls(
    store: Redis, deadly: BaseException
) -> None:
    pictures, told = Pictures(deadly), Told()
    assert await deaths_of(store, pictures, told) == 7
    assert pictures.company == [ANY_COMPANY, ANY_COMPANY, ANY_COMPANY, 4, 1, 1, 1], "three deaths alone"
    fails_alone(told)


async def test_a_process_that_was_killed_for_another_reason_costs_its_slices_nothing(store: Redis) -> None:
    pictures, told = Pictures(), Told()
    for _ in range(5):
        await Takes(store, "analyzer-1").begin(WORK.slice_id)
    await handler(store, pictures, told).handle(WORK)
    assert [event.success for event in told.results] == [True] * 3


async def test_a_slice_that_others_work_on_is_not_taken_by_the_dead(store: Redis) -> None:
    """Rebalances give a slow slice to one analyzer after another, while all of them work on it."""
    analyzers = [Takes(store, f"analyzer-{n}") for n in range(4)]
    takes = [await one.begin(WORK.slice_id) for one in analyzers for _ in range(2)]
    assert takes == [1] * 8


async def test_a_death_counts_once_it_is_seen_wherever_the_slice_went(store: Redis) -> None:
    one, two = Takes(store, "analyzer-1"), Takes(store, "analyzer-2")
    await one.begin(WORK.slice_id)
    assert await two.begin(WORK.slice_id) == 1, "nobody knows yet that the first is dead"
    assert await Takes(store, "analyzer-2").begin(WORK.slice_id) == 2, "its predecessor is, at once"
    await store.delete("alive:analyzer-1")  # 15 s later
    assert await Takes(store, "analyzer-2").begin(WORK.slice_id) == 4


async def test_an_outage_of_redis_is_no_take(store: Redis) -> None:
    pictures, told = Pictures(), Told()
    pictures.failing = [RedisConnectionError("away") for _ in range(4)]
    async with asyncio.timeout(20):
        await handler(store, pictures, told).handle(slice_of("http://a.example/1.jpg"))
    assert (len(pictures.asked), pictures.suspects) == (5, 0)
    assert isinstance(told.outcomes[-1], SliceFinished)
    assert await Takes(store, "analyzer-1").begin(WORK.slice_id) == 1


async def test_a_marker_stands_only_while_a_row_is_called_for_or_read(
    store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await Takes(store, "analyzer-1").begin(WORK.slice_id)
    of_calls: list[Mapping[Any, Any]] = []
    read: list[int] = []
    together = asyncio.Barrier(3)

    class Looking(Pictures):
        async def called(self, wanted: Wanted) -> None:
            async with asyncio.timeout(5):
                await together.wait()
            of_calls.append(await store.hgetall(marks_key(WORK.slice_id)))
            await together.wait()

    class Watched(Marks):
        async def add(self, slice_id: UUID, field: str, by: int) -> None:
            await super().add(slice_id, field, by)
            if "/" not in field:
                read.append(by)

    desk = handler(store, Looking(), Told())
    monkeypatch.setattr(desk, "_marks", Watched(store))
    await desk.handle(WORK)
    assert of_calls == [{b"1/call": b"1", b"2/call": b"1", b"3/call": b"1"}] * 3
    assert read == [1, -1] * 3, "one after the other"


async def test_a_slice_can_be_in_hand_twice(store: Redis) -> None:
    """Dispatched again while the first is slow, or read again after a rebalance."""
    told = Told()
    desk = handler(store, Pictures(), told)
    again = slice_of("http://a.example/1.jpg", dispatch=2)
    await asyncio.gather(desk.handle(WORK), desk.handle(WORK), desk.handle(again))
    assert desk.in_hand == []
    assert sorted(outcome.dispatch for outcome in told.outcomes) == [1, 1, 2]


async def test_a_slice_of_a_paused_batch_is_given_back(store: Redis) -> None:
    await run_batch(store, BATCH, State.PAUSED, version=2)
    pictures, told = Pictures(), Told()
    pictures.failing = [NotRunning()]
    await handler(store, pictures, told).handle(WORK)
    assert isinstance(told.outcomes[-1], SliceReleased)
    assert {event.row_no for event in told.results} < {1, 2, 3}
    assert await store.exists(heartbeat_key(WORK.slice_id)) == 0


async def test_the_pause_of_another_batch_fails_no_row(store: Redis) -> None:
    pictures, told = Pictures(), Told()
    pictures.failing = [NotRunning(), NotRunning()]
    await handler(store, pictures, told).handle(WORK)
    assert isinstance(told.outcomes[-1], SliceFinished)


async def test_a_stopping_process_takes_nothing_up(store: Redis) -> None:
    stop, told = Stop(), Told()
    stop.ask()
    await handler(store, Pictures(), told, stop).handle(WORK)
    assert told.results == []
    assert isinstance(told.outcomes[-1], SliceReleased)


async def test_an_unreadable_row_fails_with_the_reader_s_reason(store: Redis) -> None:
    work = slice_of("")
    told = Told()
    row = SliceRow(1, "", unreadable="The quotes never close.")
    await handler(store, Pictures(), told).handle(msgspec.structs.replace(work, rows=(row,)))
    assert [(e.error_class, e.error_message) for e in told.results] == [
        (ErrorClass.UNREADABLE_ROW, "The quotes never close.")
    ]


async def test_work_in_hand_beats(store: Redis) -> None:
    takes = Takes(store, "analyzer-1")
    await takes.begin(WORK.slice_id)
    await store.delete(heartbeat_key(WORK.slice_id))
    await takes.beat([WORK.slice_id])
    assert await store.get(heartbeat_key(WORK.slice_id)) == b"analyzer-1"
    assert 0 < await store.ttl(heartbeat_key(WORK.slice_id)) <= 15
