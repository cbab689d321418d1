"""Copies rows out of Postgres in one snapshot, as fast as their reader takes them."""

import asyncio
import codecs
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from services.exporter.export.columns import cells, header, own_join, own_names, record, sheet_row
from services.exporter.export.plan import Facts, Plan, plan_of
from services.exporter.export.spill import Spill
from shared.exporting import TABLES, Export, Format
from shared.filters import condition
from shared.ids import chunk_id
from shared.postgres import Connection, Pool, statements_beside

_SQL = statements_beside(__file__)
_PATIENCE_SECONDS = 3.0
_FEW_ROWS = 1_000
_GATHERED, _REST_SECONDS = 64 << 10, 0.001
_ACQUIRE_SECONDS = 10.0
# Past the reader's patience it goes to a file at 100 MB/s and more.
_COPY_SECONDS = 900.0
# Neither stands in JSON or XML as it is, so COPY leaves a line of them alone.
_DELIMITER, _QUOTE = "\x01", "\x02"

Put = Callable[[bytes], Awaitable[None]]


class TooManyCopies(Exception):
    """Every place is taken."""


class Copying(NamedTuple):
    plan: Plan
    chunks: AsyncGenerator[bytes, None]
    """CSV with its header, a JSON array with a record a line, records as lines (NDJSON, Parquet) or rows of
    sheets as lines (XLSX). Raises what broke the copy off."""


@dataclass
class Tally:
    """How far a copy is, for whoever waits for it: the plan, the rows of finished statements, and the server
    process that runs the present one (pg_stat_progress_copy counts its rows)."""

    plan: Plan | None = None
    rows: int = 0
    server_pid: int | None = None


class Source(NamedTuple):
    """Where exports come from. Each large copy holds one of `places`, for connections that the projection
    needs, too; a preview or a sample need not wait for them."""

    pool: Pool
    places: asyncio.Semaphore
    most_rows: int
    wait_seconds: float = 120.0
    """For a place."""
    tally: Tally | None = None


@asynccontextmanager
async def copying(
    source: Source, export: Export, patience_seconds: float = _PATIENCE_SECONDS
) -> AsyncIterator[Copying]:
    """Raises TooManyCopies, UnknownBatch, UnknownColumns, TooLarge, or what Postgres raises, before
    anything is copied. The place is free again when Postgres is done, however long the reader takes."""
    with Spill(patience_seconds) as spill:
        plan: asyncio.Future[Plan] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(_copy(source, export, plan, spill))
        try:
            yield Copying(await plan, spill.chunks())
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _copy(source: Source, export: Export, plan: asyncio.Future[Plan], spill: Spill) -> None:
    try:
        async with (
            _place(source) if _is_large(export) else nullcontext(),
            source.pool.acquire(timeout=_ACQUIRE_SECONDS) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            found = await plan_of(connection, export, source.most_rows)
            plan.set_result(found)
            tally = _begun(source.tally or Tally(), found, connection)
            if not export.head:
                await _copy_rows(connection, found, export, spill.put, tally)
            tally.server_pid = None  # from now on it may be another's
    except Exception as error:  # noqa: BLE001  # the top of this task: whoever waits for it gets the error
        if not plan.done():
            plan.set_exception(error)
            return
        await spill.end(error)
    else:
        await spill.end()


def _is_large(export: Export) -> bool:
    return not export.head and (export.limit is None or export.limit > _FEW_ROWS)


@asynccontextmanager
async def _place(source: Source) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(source.wait_seconds):
            await source.places.acquire()
    except TimeoutError as error:
        raise TooManyCopies from error
    try:
        yield
    finally:
        source.places.release()


def _begun(tally: Tally, plan: Plan, connection: Connection) -> Tally:
    """The plan stays that of the whole: in a ZIP each file is copied by itself."""
    tally.plan = tally.plan or plan
    tally.server_pid = connection.get_server_pid()
    return tally


async def _copy_rows(connection: Connection, plan: Plan, export: Export, put: Put, tally: Tally) -> None:
    # By the primary key, in order: a sort would hold back the first row and write a file of all. By one
    # process: several pass rows to each other, which costs as much as making them.
    await connection.execute("set local enable_sort = off; set local max_parallel_workers_per_gather = 0")
    match export.format:
        case Format.CSV | Format.CSV_GZ:
            await put((codecs.BOM_UTF8 if export.excel else b"") + header(plan.names))
            await _copy_batches(connection, plan, export, put, tally)
        case Format.JSON:
            await put(b"[")
            await _copy_batches(connection, plan, export, _without_first_byte(put), tally)
            await put(b"]\n")
        case _:
            await _copy_batches(connection, plan, export, put, tally)


async def _copy_batches(connection: Connection, plan: Plan, export: Export, put: Put, tally: Tally) -> None:
    """Batch by batch, until the limit."""
    left = export.limit
    selected = _selected(export.format, plan.names)
    for batch in plan.batches:
        if left == 0:
            return
        copied = await _copy_batch(connection, batch, plan.names, selected, export, left, put)
        tally.rows += copied
        left = None if left is None else left - copied


def _selected(kind: Format, names: Sequence[str]) -> str:
    match kind:
        case Format.CSV | Format.CSV_GZ:
            return cells(names)
        case Format.JSON:
            return f"',' || {record(names)}"
        case Format.NDJSON:
            return record(names)
        case Format.PARQUET:
            return record(names, json_as_text=True)
        case Format.XLSX:
            return sheet_row(names)


async def _copy_batch(
    connection: Connection,
    batch: Facts,
    names: Sequence[str],
    selected: str,
    export: Export,
    limit: int | None,
    put: Put,
) -> int:
    """The number of rows."""
    wanted = condition(export.filters, 6)
    query = _SQL["rows"].format(selected=selected, own=own_join(names), condition=wanted.sql)
    # 20,000 ids, the most there are, take 65 ms: in a thread, or results would wait for them.
    ids = await asyncio.to_thread(_chunk_ids, batch) if "chunk_id" in names else []
    values = (batch.batch_id, ids, own_names(names), export.rows, limit, *wanted.values)
    options = {} if export.format in TABLES else {"delimiter": _DELIMITER, "quote": _QUOTE}
    status: str = await connection.copy_from_query(
        query, *values, output=_gathering(put), format="csv", timeout=_COPY_SECONDS, **options
    )
    return int(status.rpartition(" ")[2])


def _gathering(put: Put) -> Put:
    """Postgres sends 8 KB at a time, and each piece costs the loop the same, large or small: after two small
    ones it rests until the kernel holds more. After each, Postgres would wait: 100 KB fill a socket."""
    small = 0

    async def put_and_rest(chunk: bytes) -> None:
        nonlocal small
        await put(chunk)
        small += len(chunk) < _GATHERED
        if small == 2:
            small = 0
            await asyncio.sleep(_REST_SECONDS)

    return put_and_rest


def _chunk_ids(batch: Facts) -> list[UUID]:
    return [chunk_id(batch.batch_id, number) for number in range(1, batch.chunks + 1)]


def _without_first_byte(put: Put) -> Put:
    """The comma before the first of all records."""
    began = False

    async def put_rest(chunk: bytes) -> None:
        nonlocal began
        rest, began = chunk if began else chunk[1:], True
        if rest:
            await put(rest)

    return put_rest
