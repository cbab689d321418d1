"""Copies a batch's rows out of Postgres in one snapshot, as fast as their reader takes them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from uuid import UUID

from services.exporter.export.columns import header, select_list
from services.exporter.export.filters import Filter, condition
from services.exporter.export.spill import Spill
from shared.ids import chunk_id
from shared.postgres import Connection, Pool, statements_beside

_SQL = statements_beside(__file__)
_PATIENCE_SECONDS = 30.0
_ACQUIRE_SECONDS = 10.0
_FACTS_SECONDS = 10.0
# Past the reader's patience it goes to a file at 100 MB/s and more.
_COPY_SECONDS = 900.0


class UnknownBatch(Exception):
    """There is no such batch, or it is deleted."""


class TooManyCopies(Exception):
    """Every place is taken."""


class Facts(NamedTuple):
    """Of the batch, in the snapshot of its rows."""

    name: str
    columns: tuple[str, ...]
    chunks: int
    total_urls: int
    processed: int


class Copying(NamedTuple):
    facts: Facts
    chunks: AsyncIterator[bytes]
    """CSV with its header. Raises what broke the copy off."""


@asynccontextmanager
async def copying(
    pool: Pool,
    places: asyncio.Semaphore,
    batch_id: UUID,
    wanted: Filter,
    patience_seconds: float = _PATIENCE_SECONDS,
) -> AsyncIterator[Copying]:
    """Raises TooManyCopies, UnknownBatch, or what Postgres raises, before anything is copied. The place is
    free again when Postgres is done, however long the reader takes."""
    with Spill(patience_seconds) as spill:
        facts: asyncio.Future[Facts] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(_copy(pool, places, batch_id, wanted, facts, spill))
        try:
            yield Copying(await facts, spill.chunks())
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _copy(
    pool: Pool,
    places: asyncio.Semaphore,
    batch_id: UUID,
    wanted: Filter,
    facts: asyncio.Future[Facts],
    spill: Spill,
) -> None:
    try:
        if places.locked():
            raise TooManyCopies
        async with (
            places,
            pool.acquire(timeout=_ACQUIRE_SECONDS) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            found = await _facts(connection, batch_id)
            facts.set_result(found)
            await _copy_rows(connection, batch_id, found, wanted, spill)
    except Exception as error:  # noqa: BLE001  # the top of this task: whoever waits for it gets the error
        if not facts.done():
            facts.set_exception(error)
            return
        await spill.end(error)
    else:
        await spill.end()


async def _facts(connection: Connection, batch_id: UUID) -> Facts:
    row = await connection.fetchrow(_SQL["facts"], batch_id, timeout=_FACTS_SECONDS)
    if row is None:
        raise UnknownBatch
    chunks = -(-row["total_urls"] // row["chunk_size"])
    return Facts(row["name"], tuple(row["columns"]), chunks, row["total_urls"], row["processed"])


async def _copy_rows(
    connection: Connection, batch_id: UUID, facts: Facts, wanted: Filter, spill: Spill
) -> None:
    await spill.put(header(wanted.metadata, facts.columns))
    # By the primary key, in order: a sort would hold back the first row and write a file of all.
    await connection.execute("set local enable_sort = off")
    query = _SQL["rows"].format(
        columns=select_list(wanted.metadata, len(facts.columns)), condition=condition(wanted)
    )
    # 20,000 ids, the most there are, take 65 ms: in a thread, or results would wait for them.
    ids = await asyncio.to_thread(_chunk_ids, batch_id, facts.chunks) if wanted.metadata else []
    await connection.copy_from_query(
        query, batch_id, ids, list(facts.columns), output=spill.put, format="csv", timeout=_COPY_SECONDS
    )


def _chunk_ids(batch_id: UUID, chunks: int) -> list[UUID]:
    return [chunk_id(batch_id, number) for number in range(1, chunks + 1)]
