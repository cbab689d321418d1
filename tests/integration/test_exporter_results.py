"""Results into Postgres: every row once, counters exact, the end decided once (G1, G2, rules 3 and 7)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from unittest.mock import patch
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.exporter import storing
from services.exporter.endings import Endings
from services.exporter.standing import lock_standings
from services.exporter.storing import store
from services.gateway.retry import Which
from shared.error_classes import ErrorClass
from shared.events import ImageAnalyzed
from shared.postgres import Connection
from shared.topics import RESULTS
from tests.integration.results_world import World, result, until, world


@pytest.fixture
async def here(database_url: str, redis_url: str, kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, kafka, topic_prefix) as made:
        yield made


async def test_results_become_rows_counters_and_an_end(here: World) -> None:
    batch = await here.batch(5, chunk_size=2)
    failed = result(batch, 3, chunk_size=2, error_class=ErrorClass.DNS, error_message="no such host")
    good = [result(batch, row, chunk_size=2, worker=f"analyzer-{row}") for row in (1, 2, 4, 5)]
    async with here.exporter():
        await here.send(failed, *good)
        await here.until_ended(batch)
    assert await here.counts(batch) == (5, 4, 1, 5)
    chunks = await here.pool.fetch(
        "select chunk_no, processed, errors::text as errors, worker from exporter.chunks order by chunk_no"
    )
    assert [(c["chunk_no"], c["processed"], c["errors"]) for c in chunks] == [
        (1, 2, "{}"),
        (2, 2, '{"dns": 1}'),
        (3, 1, "{}"),
    ]
    assert chunks[2]["worker"] == "analyzer-5"
    assert await here.ends_announced(batch) == 1


async def test_a_batch_whose_every_row_failed_ends_failed(here: World) -> None:
    batch = await here.batch(2)
    async with here.exporter():
        await here.send(*[result(batch, row, error_class=ErrorClass.INVALID_URL) for row in (1, 2)])
        await here.until_ended(batch, "failed")
    assert await here.counts(batch) == (2, 0, 2, 2)


async def test_redelivered_and_older_attempts_change_nothing(here: World) -> None:
    batch, other = await here.batch(3), await here.batch(1)
    failed = result(batch, 2, error_class=ErrorClass.DNS, cost=30, units=100)
    events = [result(batch, 1, cost=9_500, units=5), failed, result(batch, 3)]
    newer = result(batch, 2, attempt=2, error_class=ErrorClass.TIMEOUT, cost=200, units=700)
    async with here.exporter():
        await here.send(*events, newer, *events)
        await here.until_ended(batch)
        assert await here.errors(batch) == {"dns": 1}, "nobody wanted a second attempt"
        assert await here.cost(batch) == (9_530, 105)
        assert await here.retry(batch) == 1
        await here.send(*events, newer, *events, newer)
        await here.send(result(batch, 2), result(other, 1))
        await here.until_ended(batch)
        await here.until_ended(other)
    assert await here.counts(batch) == (3, 2, 1, 3)
    assert await here.errors(batch) == {"timeout": 1}
    assert await here.cost(batch) == (9_730, 805), "a new attempt gives no money back"
    earlier = await here.pool.fetch("select * from exporter.earlier_attempts")
    assert [(row["batch_id"], row["row_no"], row["attempt"]) for row in earlier] == [(batch, 2, 1)]
    assert (earlier[0]["error_class"], earlier[0]["cost"], earlier[0]["url"]) == ("dns", 30, failed.url)
    assert await here.ends_announced(batch) == 3, "two ends, and the retry between them"


async def test_a_retry_ends_when_every_row_has_the_attempt_that_is_wanted(here: World) -> None:
    """Counters stay whole meanwhile, a row that came twice does not stand for one that did not come."""
    batch = await here.batch(6, chunk_size=2)
    bad = [result(batch, row, chunk_size=2, error_class=ErrorClass.DNS) for row in (1, 2, 3)]
    good = [result(batch, row, chunk_size=2) for row in (4, 5, 6)]
    again = [result(batch, row, chunk_size=2, attempt=2) for row in (1, 2, 3)]
    async with here.exporter():
        await here.send(*bad, *good)
        await here.until_ended(batch)
        assert await here.retry(batch, Which(classes=("timeout",))) == 0
        assert await here.retry(batch) == 3
        assert await here.retry(batch) == 0, "it is being retried already"
        assert await here.ended(batch) is None
        assert await here.counts(batch) == (6, 3, 3, 6)
        await here.send(again[0], again[0], again[1], again[1], *bad)
        await until(lambda: stored_attempts(here, batch, 8))
        await Endings(here.pool).sweep()
        assert await here.ended(batch) is None
        assert await here.counts(batch) == (6, 5, 1, 6)
        await here.send(again[2])
        await here.until_ended(batch)
    assert await here.counts(batch) == (6, 6, 0, 6)
    assert await here.attempts_announced(batch) == [6, 9]


async def test_of_several_results_of_the_same_attempt_the_first_is_kept(here: World) -> None:
    """As subscribers do. A slice that was taken twice sends such results, often within one poll."""
    batch = await here.batch(300)
    numbers = range(300, 0, -1)
    poll = [result(batch, row, store_name=name) for name in ("first", "second", "third") for row in numbers]
    async with here.pool.acquire() as connection:
        await store(connection, poll)
        await store(connection, poll[:300:-1])
    kept = await here.pool.fetch(
        "select distinct store_name from exporter.results where batch_id = $1", batch
    )
    assert [row["store_name"] for row in kept] == ["first"]


async def test_two_members_share_the_log_and_count_every_row_once(here: World) -> None:
    batches = [await here.batch(1_000, chunk_size=100) for _ in range(4)]
    events = [result(batch, row, chunk_size=100) for row in range(1, 1_001) for batch in batches]
    async with here.exporter("exporter-1"):
        await here.send(*events[:1_500])
        async with here.exporter("exporter-2"):
            await here.send(*events[1_000:])
            for batch in batches:
                await here.until_ended(batch)
    for batch in batches:
        assert await here.counts(batch) == (1_000, 1_000, 0, 1_000)
        assert await here.ends_announced(batch) == 1


async def test_a_kill_between_the_commit_and_the_check_is_made_good_by_the_sweep(here: World) -> None:
    batch = await here.batch(1)
    async with here.pool.acquire() as connection, connection.transaction():
        await store(connection, [result(batch, 1)])
    assert await here.ended(batch) is None
    async with here.exporter():
        await here.until_ended(batch)
    assert await here.ends_announced(batch) == 1


async def test_many_checks_at_once_end_a_batch_once(here: World) -> None:
    batch = await here.batch(1)
    async with here.pool.acquire() as connection, connection.transaction():
        await store(connection, [result(batch, 1)])
    await asyncio.gather(*(Endings(here.pool).sweep() for _ in range(8)))
    assert await here.ends_announced(batch) == 1


async def test_a_batch_that_was_cancelled_first_stays_cancelled(here: World) -> None:
    batch = await here.batch(1)
    await here.pool.execute(
        "insert into lifecycle.terminal (batch_id, run, kind, successful, failed)"
        " values ($1, 1, 'cancelled', 0, 0)",
        batch,
    )
    async with here.exporter():
        await here.send(result(batch, 1))
        await until(lambda: stored(here, batch, 1))
    await Endings(here.pool).sweep()
    assert await here.ended(batch) == "cancelled"
    assert await here.ends_announced(batch) == 0


async def test_late_results_bring_no_deleted_batch_back(here: World) -> None:
    gone, after = await here.batch(1, desired="deleted"), await here.batch(1)
    async with here.exporter():
        await here.send(result(gone, 1), result(UUID(int=7), 1), result(after, 1))
        await here.until_ended(after)
        await until(lambda: all_read(here, 3))
    assert await here.counts(gone) == (0, 0, 0, 0)
    assert await here.pool.fetchval("select count(*) from exporter.results") == 1


async def test_a_purge_waits_for_the_transaction_that_projects(here: World) -> None:
    batch = await here.batch(1)
    async with (
        here.pool.acquire() as projecting,
        here.pool.acquire() as purging,
        projecting.transaction(),
    ):
        await lock_standings(projecting, [batch])
        await purging.execute("set lock_timeout = '100ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await purging.execute("delete from gateway.batches where batch_id = $1", batch)
        # A pause is not held up.
        await purging.execute("update gateway.batches set desired = 'paused' where batch_id = $1", batch)


@pytest.mark.parametrize(
    "fields",
    [
        {"text_content": "a\0b"},
        {"analysis_result": msgspec.Raw(b'{"a": tru}')},
        {"processing_time_seconds": 1e300},
    ],
)
async def test_what_postgres_refuses_becomes_a_failed_row_and_a_dead_letter(
    here: World, fields: dict[str, object]
) -> None:
    batch = await here.batch(140)
    bad = result(batch, 17)
    body = msgspec.json.encode(msgspec.structs.replace(bad, **fields))
    for row in range(1, 141):
        if row == 17:
            await here.send_as_it_is(bad, body)
        else:
            await here.send(result(batch, row))
    async with here.exporter():
        await until(lambda: all_read(here, 140))
        buried = await here.dead_letters()
    assert [record.value for record in buried] == [body]
    origin = dict(buried[0].headers)["dlq_origin"].decode()
    assert origin.startswith(here.names.topic(RESULTS))
    if b"tru}" not in body:  # not JSON at all: nobody knows its row, ingest hands it out again
        assert await here.counts(batch) == (140, 139, 1, 140)
        row = await here.pool.fetchrow("select * from exporter.results where row_no = 17")
        assert row is not None
        assert (row["success"], row["error_class"]) == (False, "unstorable")


async def test_poison_goes_to_the_dead_letters_and_the_rest_goes_on(here: World) -> None:
    batch = await here.batch(2)
    deep = b'{"analysis_result":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    await here.send(result(batch, 1))
    for body in (b"\xff\x00 no json", b"{}", deep):
        await here.send_as_it_is(result(batch, 1), body)
    await here.send_as_it_is(result(batch, 9_999))
    await here.send(result(batch, 2))
    async with here.exporter():
        await here.until_ended(batch)
    assert sorted(len(record.value) for record in await here.dead_letters())[:2] == [2, 10]
    assert len(await here.dead_letters()) == 4


async def test_new_results_are_copied_and_counted_as_others_are(here: World) -> None:
    batch = await here.batch(500, chunk_size=200)
    events = [
        result(batch, row, chunk_size=200, cost=row, error_class=ErrorClass.DNS if row % 5 == 0 else None)
        for row in range(1, 501)
    ]
    async with here.pool.acquire() as connection, connection.transaction():
        chunks = await store(connection, events[:300])
        assert [(c.chunk_no, c.settled, c.stored) for c in chunks] == [(1, 200, 200), (2, 100, 100)]
    async with here.pool.acquire() as connection, connection.transaction():
        # Of the sample all are new; one that is not is found by the key.
        again = await store(connection, [events[300], *events[298:300], *events[301:]])
        assert [(c.chunk_no, c.settled, c.stored) for c in again] == [(2, 200, 100), (3, 100, 100)]
    assert await here.counts(batch) == (500, 400, 100, 500)
    assert await here.errors(batch) == {"dns": 100}
    assert (await here.cost(batch))[0] == 500 * 501 // 2


CLASSES = [None, ErrorClass.DNS, ErrorClass.TIMEOUT, ErrorClass.HTTP_4XX]
EVENT = st.tuples(st.integers(1, 12), st.integers(1, 4), st.sampled_from(CLASSES))
POLLS = st.lists(st.lists(EVENT, min_size=1, max_size=15), max_size=6)


@pytest.mark.parametrize("worth_copying", [1, 1_000])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(polls=POLLS)
def test_counters_follow_a_model_through_any_attempts(
    database_url: str, worth_copying: int, polls: list[list[tuple[int, int, ErrorClass | None]]]
) -> None:
    """The highest attempt of a row stands, the first of them within a poll or before it: also where rows are
    copied, and a sample of one row in twenty says that all are new."""
    with patch.object(storing, "_WORTH_COPYING", worth_copying):
        asyncio.run(follow_model(database_url, polls))


async def follow_model(database_url: str, polls: list[list[tuple[int, int, ErrorClass | None]]]) -> None:
    batch = UUID(int=1)
    connection = await asyncpg.connect(database_url)
    model: dict[int, tuple[int, ErrorClass | None]] = {}
    earlier: list[tuple[int, int, ErrorClass | None]] = []
    try:
        await connection.execute("truncate exporter.results, exporter.chunks, exporter.earlier_attempts")
        for poll in polls:
            # One attempt of a row has one outcome: a redelivery says the same again.
            said = {(row, attempt): kind for row, attempt, kind in poll}
            events = [event(batch, row, attempt, said[row, attempt]) for row, attempt, _ in poll]
            async with connection.transaction():
                await store(connection, events)
            for row, (attempt, kind) in highest(said).items():
                if attempt > model.get(row, (0, None))[0]:
                    earlier += [(row, *model[row])] if row in model else []
                    model[row] = attempt, kind
            await compare(connection, model)
            kept = await connection.fetch(
                "select row_no, attempt, error_class from exporter.earlier_attempts"
            )
            assert Counter(tuple(row) for row in kept) == Counter(earlier)
    finally:
        await connection.close()


def highest(
    said: dict[tuple[int, int], ErrorClass | None],
) -> dict[int, tuple[int, ErrorClass | None]]:
    """By row: its last attempt of a poll is what gets there."""
    return {row: (attempt, said[row, attempt]) for row, attempt in sorted(said)}


def event(batch: UUID, row: int, attempt: int, kind: ErrorClass | None) -> ImageAnalyzed:
    return result(batch, row, attempt=attempt, chunk_size=5, error_class=kind)


async def compare(connection: Connection, model: dict[int, tuple[int, ErrorClass | None]]) -> None:
    chunks = await connection.fetch("select *, errors::text as classes from exporter.chunks")
    for chunk in chunks:
        kinds = [kind for row, (_, kind) in model.items() if (row - 1) // 5 + 1 == chunk["chunk_no"]]
        assert chunk["processed"] == len(kinds)
        assert chunk["attempts"] == sum(
            attempt for row, (attempt, _) in model.items() if (row - 1) // 5 + 1 == chunk["chunk_no"]
        )
        assert chunk["successful"] == kinds.count(None)
        assert chunk["failed"] == len(kinds) - kinds.count(None)
        assert msgspec.json.decode(chunk["classes"]) == Counter(kind for kind in kinds if kind)
    rows = await connection.fetch("select row_no, attempt, error_class from exporter.results")
    assert {row["row_no"]: (row["attempt"], row["error_class"]) for row in rows} == model
    assert sum(chunk["processed"] for chunk in chunks) == len(rows)


async def stored_attempts(here: World, batch: UUID, attempts: int) -> bool:
    query = "select sum(attempts)::int from exporter.chunks where batch_id = $1"
    return bool(await here.pool.fetchval(query, batch) == attempts)


async def stored(here: World, batch: UUID, rows: int) -> bool:
    return (await here.counts(batch))[3] == rows


async def all_read(here: World, records: int) -> bool:
    done: int = await here.pool.fetchval("select coalesce(sum(next_offset), 0) from exporter.offsets")
    return done == records
