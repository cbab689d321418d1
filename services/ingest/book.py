"""The book in Postgres. Every change compares the owner's epoch: what another member owns is left alone."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from services.ingest.batch import Batch, Facts, Look
from services.ingest.cutting import Cursor, Slice
from services.ingest.open_slices import Entry, Shelf
from shared import outbox
from shared.ends import end
from shared.events import BatchFailed, BatchStarted
from shared.postgres import Pool, statements_beside
from shared.topics import BATCHES

_SQL = statements_beside(__file__)
Epochs = Mapping[UUID, int]


class Book:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def adopt(self) -> None:
        """Opens a page for every batch that has none."""
        await self._pool.execute(_SQL["adopt"])

    async def look(self) -> list[Look]:
        """Every open batch, of all members."""
        return [Look(**dict(row)) for row in await self._pool.fetch(_SQL["look"])]

    async def claim(self, batch_ids: Collection[UUID]) -> list[tuple[Facts, Cursor]]:
        """From here on what a former owner still does is refused. Those that ended do not come back."""
        rows = await self._pool.fetch(_SQL["claim"], list(batch_ids))
        return [(_facts(row), Cursor(row["next_row"], row["next_byte"])) for row in rows]

    async def open_slices(self, batch_ids: Collection[UUID], now: float) -> list[tuple[Entry, Shelf]]:
        """With the shelf that each stands on: out | done | back. `now` in monotonic seconds."""
        rows = await self._pool.fetch(_SQL["slices"], list(batch_ids))
        return [_entry(row, now) for row in rows]

    async def start(self, epochs: Epochs, most: int) -> list[UUID]:
        """Those that have a place now: started, and told to everybody in the same transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_SQL["start_lock"])
            rows = await connection.fetch(_SQL["start"], list(epochs), list(epochs.values()), most)
            for row in rows:
                event = BatchStarted(
                    batch_id=row["batch_id"], at=row["run_started_at"], version=row["version"], run=row["run"]
                )
                await outbox.put(connection, BATCHES, event)
        return [row["batch_id"] for row in rows]

    async def book(self, sent: Iterable[Entry], epochs: Epochs) -> set[UUID]:
        """What was handed out, in one statement. Returns the batches that are still the caller's."""
        rows = [_booking(entry, epochs[entry.batch_id]) for entry in sent]
        owned = await self._pool.fetch(_SQL["book"], *map(list, zip(*rows, strict=True)))
        return {row["batch_id"] for row in owned}

    async def evidence(self, asked: Iterable[Entry], epochs: Epochs) -> set[tuple[UUID, int]]:
        """Strikes out those whose rows are all in the results; returns them as (batch, first row)."""
        rows = [(e.batch_id, epochs[e.batch_id], e.piece.first_row, e.piece.last_row) for e in asked]
        if not rows:
            return set()
        struck = await self._pool.fetch(_SQL["evidence"], *map(list, zip(*rows, strict=True)))
        return {(row["batch_id"], row["first_row"]) for row in struck}

    async def mark(self, heard: Iterable[tuple[Entry, bool]], epochs: Epochs) -> None:
        """Writes down which slices were finished (True) or given back."""
        rows = [
            (e.batch_id, epochs[e.batch_id], e.piece.first_row, e.dispatch, finished, e.worker)
            for e, finished in heard
        ]
        if rows:
            await self._pool.execute(_SQL["mark"], *map(list, zip(*rows, strict=True)))

    async def asked_again(self, batch_ids: Collection[UUID]) -> list[tuple[UUID, int, int]]:
        """Open slices that an operator wants again: batch, first row, and the dispatch that was."""
        rows = await self._pool.fetch(_SQL["asked_again"], list(batch_ids))
        return [(row["batch_id"], row["first_row"], row["dispatch"]) for row in rows]

    async def chunk_next(self, batch_id: UUID, first: int) -> int | None:
        """The first chunk from `first` on that has rows below their wanted attempt."""
        chunk: int | None = await self._pool.fetchval(_SQL["chunk_next"], batch_id, first)
        return chunk

    async def rows_wanted(self, batch_id: UUID, first_row: int, last_row: int) -> dict[int, int]:
        """The rows of this range that are below their wanted attempt, with that attempt."""
        rows = await self._pool.fetch(_SQL["rows_wanted"], batch_id, first_row, last_row)
        return {row["row_no"]: row["attempt"] for row in rows}

    async def results_of(self, batch_id: UUID, first_row: int, last_row: int) -> list[asyncpg.Record]:
        """Those that there are of this range, in row order."""
        rows: list[asyncpg.Record] = await self._pool.fetch(
            _SQL["results_copy"], batch_id, first_row, last_row
        )
        return rows

    async def run_short(self, batches: Iterable[Batch]) -> None:
        """They can't go on under their max_cost: the gateway pauses them."""
        rows = [(b.facts.batch_id, b.facts.epoch, b.budget.max_cost) for b in batches if b.budget]
        if rows:
            await self._pool.execute(_SQL["run_short"], *map(list, zip(*rows, strict=True)))

    async def close(self, over: Iterable[Look]) -> None:
        """The runs that these looks saw the end of; a later run stays open."""
        runs = zip(*((look.batch_id, look.run) for look in over), strict=True)
        await self._pool.execute(_SQL["close"], *map(list, runs))

    async def fail(self, facts: Facts, reason: str) -> None:
        """Ends a batch that cannot go on, unless it has ended already or is gone."""
        async with self._pool.acquire() as connection, connection.transaction():
            counted = await connection.fetchrow(_SQL["counted"], facts.batch_id)
            if counted is None:
                return
            event = BatchFailed(
                batch_id=facts.batch_id,
                at=datetime.now(UTC),
                version=counted["version"],
                run=facts.run,
                total_urls=facts.total_urls,
                successful=counted["successful"],
                failed=counted["failed"],
                attempts=counted["attempts"],
                reason=reason,
            )
            await end(connection, event)

    async def results_read(self, topic: str) -> dict[int, int]:
        """Up to where the exporter has stored each partition."""
        rows = await self._pool.fetch(_SQL["results_read"], topic)
        return {row["partition"]: row["next_offset"] for row in rows}


def _booking(entry: Entry, epoch: int) -> tuple[object, ...]:
    """In the order of book.sql's parameters."""
    piece = entry.piece
    rows = (piece.first_row, piece.last_row, piece.chunk_no, piece.first_byte, piece.end_byte)
    return (entry.batch_id, epoch, *rows, entry.dispatch, entry.partition, entry.offset)


def _facts(row: asyncpg.Record) -> Facts:
    return Facts(
        batch_id=row["batch_id"],
        run=row["run"],
        epoch=row["owner_epoch"],
        chunk_size=row["chunk_size"],
        total_urls=row["total_urls"],
        columns=tuple(row["columns"]),
        region=row["region"],
        rows_path=row["rows_path"],
        copied_from=row["copied_from"],
        fresh_since=row["fresh_since"],
    )


def _entry(row: asyncpg.Record, now: float) -> tuple[Entry, Shelf]:
    piece = Slice(row["chunk_no"], row["first_row"], row["last_row"], row["first_byte"], row["end_byte"])
    shelf: Shelf = "done" if row["finished"] else "back" if row["released"] else "out"
    entry = Entry(
        batch_id=row["batch_id"],
        piece=piece,
        dispatch=row["dispatch"],
        version=0,
        since=now - row["age"],
        partition=row["log_partition"],
        offset=row["log_offset"],
        worker=row["worker"] or "",
        marked=shelf != "out",
        why="released" if shelf == "back" else "first",
        booked=True,
    )
    return entry, shelf
