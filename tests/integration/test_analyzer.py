"""The whole analyzer: one result a row, nothing paid twice, whatever is asked of it or done to it."""

import hashlib
import itertools
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from services.analyzer.suspects import GUILTY, marks_key
from services.analyzer.takes import takers_key
from shared.desired import State
from shared.error_classes import ErrorClass
from shared.events import SliceFinished, SliceReleased
from shared.keys_text import fingerprint as fingerprint_of
from tests.fakes import gemini
from tests.fakes.pictures import good
from tests.fakes.truth import truth_of
from tests.fakes.vision import Behaviour
from tests.fakes.vision.server import fingerprint
from tests.integration.analyzer_world import SLICE, World, a_world, analyzer_here, analyzer_process

# The programs of two processes and three servers share two cores.
pytestmark = pytest.mark.timeout(150)


@pytest.fixture
async def world(
    database_url: str, redis_url: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[World]:
    async with a_world(database_url, redis_url, kafka, topic_prefix, tmp_path, Behaviour()) as made:
        yield made


def behave(world: World, **fields: object) -> None:
    world.vision.behaviour = msgspec.structs.replace(world.vision.behaviour, **fields)


def slices(rows: int) -> int:
    return -(-rows // SLICE)


async def test_two_thousand_rows_are_each_told_once_and_paid_for_once(world: World) -> None:
    behave(world, delay=0.02)
    batch, distinct, rows = await world.batch(), 1_600, 2_000
    urls = world.urls(n % distinct for n in range(rows))
    urls[7], urls[8] = "no address", f"{world.pictures.url}/404/x.jpg"
    async with analyzer_here(world):
        await world.dispatch(batch, urls)
        await world.finished(batch, slices(rows))
    assert world.rows(batch) == dict.fromkeys(range(1, rows + 1), 1)
    assert world.assert_paid_once() == 0
    stats = world.vision.journal.stats()
    assert stats.images == len({url for url in urls if "/good/" in url})
    assert stats.images / stats.calls >= 15.5, stats.images_per_call
    by_row = {event.row_no: event for event in world.results}
    assert by_row[8].error_class == ErrorClass.INVALID_URL
    assert by_row[9].error_class == ErrorClass.HTTP_4XX
    first = [event for event in world.results if event.success and not event.cache_hit]
    assert len(first) == stats.images, "whose image was paid for by another row says so"
    for number in (1, 500, 1_600):
        assert by_row[number + 1].store_name == truth_of(number % distinct).name


async def test_a_paused_batch_is_given_back_and_goes_on_without_paying_twice(world: World) -> None:
    behave(world, delay=0.1)
    batch, rows = await world.batch(), 768
    urls = world.urls(range(rows))
    async with analyzer_here(world, MAX_CONCURRENT_REQUESTS="2"):
        await world.dispatch(batch, urls)
        await world.that(lambda: len(world.results) > 100, what="the first results")
        await world.want(batch, State.PAUSED, 2)
        paused = time.time()
        await world.that(
            lambda: (
                len(world.outcomes_of(batch, SliceReleased)) + len(world.outcomes_of(batch, SliceFinished))
                == slices(rows)
            ),
            what="every slice's outcome",
        )
        assert time.time() - paused < 10, "calls in flight end within 10 s"
        assert len(world.rows(batch)) < rows
        assert max(line.t for line in world.log().calls) < paused + 2
        await world.want(batch, State.RUNNING, 3)
        await world.dispatch(batch, urls, dispatch=2, version=3)
        await world.finished(batch, slices(rows))
    assert set(world.rows(batch)) == set(range(1, rows + 1))
    assert len(world.paid()) == rows
    assert world.assert_paid_once() == 0


async def test_a_stop_gives_everything_back_in_time(world: World) -> None:
    behave(world, delay=0.5)
    batch, rows = await world.batch(), 960
    urls = world.urls(range(rows))
    async with analyzer_process(world, MAX_CONCURRENT_REQUESTS="2") as process:
        await world.dispatch(batch, urls)
        await world.that(lambda: len(world.results) > 60, what="the first results")
        process.kill(signal.SIGTERM)
        status, seconds = await process.ended()
    assert (status, seconds < 30) == (0, True)
    await world.that(lambda: len(world.outcomes_of(batch, SliceReleased)) > 0, what="a slice given back")
    behave(world, delay=0.0)
    async with analyzer_here(world):
        await world.dispatch(batch, urls, dispatch=2)
        await world.finished(batch, slices(rows))
    assert set(world.rows(batch)) == set(range(1, rows + 1))
    assert world.assert_paid_once() == 0, "what was called for was answered and kept"


DEADLY = """
import os, signal
from services.analyzer import main, results
read = results.interpret
def interpret(analysis, region):
    if os.environ["DEADLY"] in analysis.text:
        os.kill(os.getpid(), signal.SIGKILL)
    return read(analysis, region)
results.interpret = interpret
main.main()
"""


async def test_a_picture_that_kills_the_process_is_one_failed_row_and_costs_calls_in_flight_only(
    world: World,
) -> None:
    behave(world, delay=0.3)
    batch, rows, deadly = await world.batch(), 1_280, 650
    slice_ids = await world.dispatch(batch, world.urls(range(rows)))
    slice_id = slice_ids[deadly // SLICE]
    # It killed one process when nobody knew of it, and three when its row was marked.
    await world.store.hset(takers_key(slice_id), "a run", "an analyzer")
    await world.store.hset(marks_key(slice_id), str(deadly + 1), GUILTY)
    name, calls = truth_of(deadly).name, 4
    async with analyzer_process(world, DEADLY, DEADLY=name, MAX_CONCURRENT_REQUESTS=str(calls)) as process:
        status, _ = await process.ended()
        assert status == -signal.SIGKILL
    behave(world, delay=0.0)
    async with analyzer_process(world, DEADLY, DEADLY=name):
        await world.finished(batch, slices(rows))
    failed = [event for event in world.results if not event.success]
    assert [(event.row_no, event.error_class) for event in failed] == [(deadly + 1, ErrorClass.CRASHED)]
    assert set(world.rows(batch)) == set(range(1, rows + 1))
    assert len(world.paid()) == rows
    assert world.assert_paid_once() <= calls * 16


async def test_a_bad_key_costs_one_call_and_the_others_go_on(world: World) -> None:
    behave(world, bad_keys=("key-2",), blocked_keys=("key-3",), delay=0.05)
    batch, rows = await world.batch(), 640
    async with analyzer_here(world, VISION_API_KEYS="a:key-1,b:key-2,c:key-3"):
        await world.dispatch(batch, world.urls(range(rows)))
        await world.finished(batch, slices(rows))
    assert all(event.success for event in world.results)
    by_key = {
        key: sum(line.key == fingerprint(key) for line in world.log().calls) for key in ("key-2", "key-3")
    }
    assert by_key == {"key-2": 1, "key-3": 1}
    assert len(world.paid()) == rows


async def test_gemini_goes_the_same_way_with_its_own_keys_and_tokens(world: World) -> None:
    batch, rows = await world.batch(), 32
    urls = world.urls([*range(rows), 0])
    async with gemini.serve(gemini.Behaviour(bad_keys=("bad",))) as fake:
        its = {"PROVIDER": "gemini", "GEMINI_API_KEYS": "a:bad,b:good", "GEMINI_ENDPOINT": fake.url}
        async with analyzer_here(world, **its):
            await world.dispatch(batch, urls)
            await world.finished(batch, slices(rows))
        calls = fake.journal.stats().outcomes
    assert (calls["ok"], calls.get("bad_key", 0) <= 1, world.paid().total()) == (rows, True, 0)
    by_row = {event.row_no: event for event in world.results}
    for number in range(rows):
        event = by_row[number + 1]
        assert (event.store_name, event.gemini_model_used) == (truth_of(number).name, gemini.MODEL)
        assert event.api_key_used == fingerprint_of("good")
    assert sum(event.cost > 0 for event in by_row.values()) == rows, "the last shows what the first shows"


async def test_a_refused_group_rests_and_the_rows_wait(world: World) -> None:
    """Its quota is less than REQUESTS_PER_MINUTE says: the provider is right."""
    behave(world, quota=2, window=3.0)
    batch, rows = await world.batch(), 64
    async with analyzer_here(world, MAX_CONCURRENT_REQUESTS="3"):
        await world.dispatch(batch, world.urls(range(rows)))
        await world.finished(batch, slices(rows), 40)
    refused = world.vision.journal.stats().outcomes["refused"]
    assert 1 <= refused <= 3, "calls that were in flight together"
    calls = sorted(line.t for line in world.log().calls)
    assert max(later - earlier for earlier, later in itertools.pairwise(calls)) >= 4.5
    assert all(event.success for event in world.results)
    assert world.assert_paid_once() == 0


async def test_one_damaged_picture_fails_alone(world: World) -> None:
    bad = hashlib.sha256(good(5)).hexdigest()
    behave(world, bad_images=(bad,))
    batch, rows = await world.batch(), 32
    async with analyzer_here(world):
        await world.dispatch(batch, world.urls(range(rows)))
        await world.finished(batch, slices(rows))
    failed = [event for event in world.results if not event.success]
    assert [(event.row_no, event.error_class) for event in failed] == [(6, ErrorClass.PROVIDER_IMAGE)]


async def test_fresh_answers_are_paid_for_once_more_and_not_again_when_the_slice_comes_again(
    world: World,
) -> None:
    old, fresh, rows = await world.batch(), await world.batch(), 32
    urls = world.urls([*range(rows), 0])
    async with analyzer_here(world):
        await world.dispatch(old, urls)
        await world.finished(old, 1)
        since = datetime.now(UTC)
        world.anew.append(since.timestamp())
        await world.dispatch(fresh, urls, fresh_since=since)
        await world.finished(fresh, 1)
        assert world.paid().total() == 2 * rows
        await world.dispatch(
            fresh, urls, dispatch=2, fresh_since=since + timedelta(days=1)
        )  # a clock is wrong
        await world.that(lambda: len(world.outcomes_of(fresh, SliceFinished)) == 2)
    assert world.paid().total() == 2 * rows
    hits = Counter(event.cache_hit for event in world.results if event.batch_id == fresh)
    assert hits == {False: 2 * rows, True: 2}, "a row's own answer is no hit"


async def test_calls_that_fail_are_tried_again(world: World) -> None:
    behave(world, fail_next=3)
    batch, rows = await world.batch(), 64
    async with analyzer_here(world):
        await world.dispatch(batch, world.urls(range(rows)))
        await world.finished(batch, slices(rows))
    assert all(event.success for event in world.results)
    assert world.assert_paid_once() == 0


BOTH = {"analyzer-1", "analyzer-2"}


async def both_at_work(world: World) -> None:
    """One that joins late would find nothing left to do."""
    rows = 4 * SLICE
    for first in range(10_000, 10_000 + 30 * rows, rows):
        batch = await world.batch()
        await world.dispatch(batch, world.urls(range(first, first + rows)))
        await world.finished(batch, slices(rows))
        if {event.worker for event in world.results if event.batch_id == batch} == BOTH:
            return
    raise AssertionError("one of two analyzers never got any work")


async def test_two_analyzers_share_the_work_and_pay_once(world: World) -> None:
    behave(world, delay=0.05)
    batch, rows = await world.batch(), 1_280
    urls = world.urls(n % 320 for n in range(rows))
    async with (
        analyzer_here(world, INSTANCE="analyzer-1", MAX_CONCURRENT_REQUESTS="2"),
        analyzer_here(world, INSTANCE="analyzer-2", MAX_CONCURRENT_REQUESTS="2"),
    ):
        await both_at_work(world)
        before = world.paid()
        await world.dispatch(batch, urls)
        await world.finished(batch, slices(rows))
    assert set(world.rows(batch)) == set(range(1, rows + 1))
    assert len(world.paid() - before) == 320
    assert world.assert_paid_once() == 0
    assert {event.worker for event in world.results if event.batch_id == batch} == BOTH
