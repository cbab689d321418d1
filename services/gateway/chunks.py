"""The chunks of a batch as clients see them."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.gateway.snapshot import Snapshot
from services.gateway.status import ChunkStatus, chunk_status_of
from shared.error_classes import MEANINGS, ErrorClass
from shared.ids import chunk_id
from shared.postgres import Connection, statements_beside

_SQL = statements_beside(__file__)


class Chunk(NamedTuple):
    """`seconds` from its first to its last result; `error` is its most frequent one. `retrying`: a row's
    wanted attempt is above its stored one."""

    number: int
    rows: int
    processed: int = 0
    successful: int = 0
    failed: int = 0
    retrying: bool = False
    cut: bool = False
    error: str | None = None
    worker: str | None = None
    first_result_at: datetime | None = None
    last_result_at: datetime | None = None

    def status(self, batch: Snapshot) -> ChunkStatus:
        counts = self.rows, self.processed, self.successful
        return chunk_status_of(batch.status, *counts, self.cut, self.retrying)

    @property
    def is_whole(self) -> bool:
        return self.processed >= self.rows

    @property
    def seconds(self) -> float | None:
        if self.first_result_at is None or self.last_result_at is None:
            return None
        return (self.last_result_at - self.first_result_at).total_seconds()

    def id(self, batch_id: UUID) -> UUID:
        return chunk_id(batch_id, self.number)


async def read_chunks(connection: Connection, batch: Snapshot, first: int, last: int) -> list[Chunk]:
    """The chunks `first` to `last` (from 1) in order, also those without any result yet, in the snapshot that
    the batch was read in."""
    last = min(last, batch.total_chunks)
    if first > last:
        return []
    counted = await connection.fetch(_SQL["chunks_read"], batch.batch_id, first, last)
    by_number = {row["chunk_no"]: dict(row) for row in counted}
    return [_chunk(batch, number, by_number.get(number)) for number in range(first, last + 1)]


def _chunk(batch: Snapshot, number: int, row: dict[str, Any] | None) -> Chunk:
    first_row = (number - 1) * batch.chunk_size + 1
    rows = min(batch.chunk_size, batch.total_urls - first_row + 1)
    empty = Chunk(number, rows, cut=batch.next_row > first_row)
    if row is None:
        return empty
    counted = {name: value for name, value in row.items() if name not in ("chunk_no", "errors")}
    error = most_frequent(msgspec.json.decode(row["errors"], type=dict[str, int]))
    return empty._replace(error=error, **counted)


def most_frequent(errors: dict[str, int]) -> str | None:
    """The class with the most rows, in words; None without errors."""
    counted = [(-rows, name) for name, rows in errors.items() if rows > 0]
    if not counted:
        return None
    rows, name = min(counted)
    return f"{name} ({-rows} {'row' if rows == -1 else 'rows'}): {advice_for(name)}"


def advice_for(error_class: str) -> str:
    """A class that a newer service wrote has no advice here yet."""
    known = error_class in ErrorClass.__members__.values()
    return MEANINGS[ErrorClass(error_class)].advice if known else "Look at the row's own message."
