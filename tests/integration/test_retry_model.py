"""Results and retries in any order, against a model of a few lines (rule 3): counters, ends and what is
handed out again always agree with the rows."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.exporter.endings import Endings
from services.exporter.standing import unwanted_of
from services.exporter.storing import store
from services.gateway.retry import Which, retry
from services.gateway.snapshot import read_batch
from services.ingest.book import Book
from shared.error_classes import ErrorClass
from shared.postgres import Pool
from tests.integration.results_world import result

ROWS, CHUNK = 7, 3
CLASSES = (None, ErrorClass.DNS, ErrorClass.TIMEOUT)
RESULT = st.tuples(st.integers(1, ROWS), st.integers(1, 4), st.sampled_from(CLASSES))
RETRY = st.one_of(
    st.just(Which()),
    st.builds(lambda kind: Which(classes=(kind,)), st.sampled_from(CLASSES[1:])),
    st.builds(lambda row: Which(row_no=row), st.integers(1, ROWS)),
)
# Every row has its result now and then, so that runs end and may be retried.
FINISH = st.lists(st.sampled_from(CLASSES), min_size=ROWS, max_size=ROWS)
STEPS = st.lists(st.one_of(st.lists(RESULT, min_size=1, max_size=6), FINISH, RETRY), max_size=12)


class Model:
    def __init__(self) -> None:
        self.wanted = dict.fromkeys(range(1, ROWS + 1), 1)
        self.stored: dict[int, tuple[int, ErrorClass | None]] = {}

    def take(self, row: int, attempt: int, kind: ErrorClass | None) -> None:
        if self.stored.get(row, (0, None))[0] < attempt <= self.wanted[row]:
            self.stored[row] = attempt, kind

    def below(self) -> dict[int, int]:
        return {row: want for row, want in self.wanted.items() if self.stored.get(row, (0, None))[0] < want}

    def retry(self, which: Which) -> int:
        meant = [
            row
            for row, (_, kind) in self.stored.items()
            if kind is not None and which.row_no in (None, row) and kind in (which.classes or CLASSES)
        ]
        for row in meant:
            self.wanted[row] += 1
        return len(meant)


class Run:
    """The same steps on the tables."""

    def __init__(self, pool: Pool, batch: UUID) -> None:
        self.pool, self.batch, self.model, self.run = pool, batch, Model(), 1

    async def results(self, said: list[tuple[int, int, ErrorClass | None]]) -> None:
        once = {(row, attempt): kind for row, attempt, kind in said}
        events = [
            result(self.batch, row, attempt=attempt, chunk_size=CHUNK, error_class=kind)
            for (row, attempt), kind in once.items()
        ]
        async with self.pool.acquire() as connection, connection.transaction():
            unwanted = await unwanted_of(connection, events)
            if wanted := [event for event in events if event.event_id not in unwanted]:
                await store(connection, wanted)
        for (row, attempt), kind in once.items():
            self.model.take(row, attempt, kind)

    async def finish(self, kinds: list[ErrorClass | None]) -> None:
        await self.results([(row, self.model.wanted[row], kinds[row - 1]) for row in self.model.below()])

    async def retry(self, which: Which) -> None:
        if not (await read_batch(self.pool, self.batch)).status.is_active:
            raised = self.model.retry(which)
            assert (await retry(self.pool, self.batch, which)).rows == raised
            self.run += raised > 0

    async def check(self) -> None:
        below = self.model.below()
        batch = await read_batch(self.pool, self.batch)
        assert (batch.outstanding, batch.processed, batch.run) == (
            len(below),
            len(self.model.stored),
            self.run,
        )
        await Endings(self.pool).sweep()
        ended = (await read_batch(self.pool, self.batch)).ended
        assert (ended is not None) == (not below)
        book = Book(self.pool)
        assert await book.rows_wanted(self.batch, 1, ROWS) == below
        first = min(((row - 1) // CHUNK + 1 for row in below), default=None)
        assert await book.chunk_next(self.batch, 1) == first


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_what_is_counted_ended_and_handed_out_follows_the_rows(
    database_url: str, steps: list[object]
) -> None:
    asyncio.run(follow(database_url, steps))


async def follow(database_url: str, steps: list[Any]) -> None:
    batch = uuid4()
    async with asyncpg.create_pool(database_url, min_size=1, max_size=2) as pool:
        await pool.execute(
            "insert into gateway.batches (batch_id, name, original_filename, total_urls, chunk_size, columns,"
            " region, rows_path, upload_path, desired)"
            " values ($1, 'b', 'b', $2, $3, '{}', 'US', 'r', 'u', 'running')",
            batch, ROWS, CHUNK,
        )  # fmt: skip
        run = Run(pool, batch)
        for step in steps:
            match step:
                case Which():
                    await run.retry(step)
                case [(_, _, _), *_]:
                    await run.results(step)
                case list():
                    await run.finish(step)
            await run.check()
