"""Where a batch stands for its results: whether it still is, and which rows and chunks it has."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from shared.events import ImageAnalyzed
from shared.postgres import Connection, statements_beside

_SQL = statements_beside(__file__)
_MAX_ATTEMPT = 2**31 - 1


class Standing(NamedTuple):
    total_urls: int
    chunk_size: int

    def chunk_of(self, row_no: int) -> int:
        return (row_no - 1) // self.chunk_size + 1

    def rows_of(self, chunk_no: int) -> int:
        return min(self.chunk_size, self.total_urls - (chunk_no - 1) * self.chunk_size)


async def lock_standings(connection: Connection, batches: Iterable[UUID]) -> dict[UUID, Standing]:
    """Those that are not deleted, locked against being purged until the transaction ends (rule 8)."""
    rows = await connection.fetch(_SQL["lock_standings"], list(batches))
    return {row["batch_id"]: Standing(row["total_urls"], row["chunk_size"]) for row in rows}


async def unwanted_of(connection: Connection, events: Iterable[ImageAnalyzed]) -> set[str]:
    """The ids of events above the wanted attempt of their rows: none is stored, or sums of attempts would say
    that a batch is whole while a row is not (rule 3)."""
    again = [event for event in events if event.attempt > 1]
    if not again:
        return set()
    batches, rows = [event.batch_id for event in again], [event.row_no for event in again]
    found = await connection.fetch(_SQL["wanted_of"], batches, rows)
    wanted = {(row["batch_id"], row["row_no"]): row["attempt"] for row in found}
    return {
        event.event_id for event in again if event.attempt > wanted.get((event.batch_id, event.row_no), 1)
    }


def belongs(event: ImageAnalyzed, standing: Standing) -> bool:
    """False for an event that would be counted where its batch has no row."""
    return (
        1 <= event.row_no <= standing.total_urls
        and event.chunk_no == standing.chunk_of(event.row_no)
        and 1 <= event.attempt <= _MAX_ATTEMPT
    )
