"""Results of a batch, a page at a time.

The counters of the chunks say where a page lies, so page 1,000,000 costs what page 1 costs, filtered or
not. What they don't count (dates, names, contacts, rows) is looked for in a bounded piece of the batch, and
the page may be short: its cursor goes on from there.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.gateway.errors import NotFound, ValidationError
from services.gateway.paging import Page, RowNo, parts_of
from services.gateway.snapshot import Snapshot, one_snapshot
from shared.filters import Filters, condition
from shared.ids import batch_range
from shared.postgres import Connection, Pool, statements_beside

_SQL = statements_beside(__file__)
# Rows that one request looks through at most when it looks for what the counters don't count: 0.1 s.
_MOST_LOOKED_THROUGH = 50_000
_MOST_EARLIER = 100


class Place(NamedTuple):
    """Where a page of results begins: by its number, or behind the row `after`."""

    page: Page
    after: int | None


class Found(NamedTuple):
    """`total` is None where it is not counted; `after` is the row to go on behind, None at the end."""

    rows: list[dict[str, Any]]
    total: int | None
    after: int | None


class Span(NamedTuple):
    """Rows, both ends included."""

    first: int
    last: int


def place_of(page: Page, cursor: str | None, after: int | None = None) -> Place:
    """By page, or behind `after` or `cursor`. Raises ValidationError."""
    ways = [name for name, given in (("cursor", cursor), ("after", after)) if given is not None]
    if len(ways) == 2 or (ways and page.number > 1):
        raise ValidationError("page, cursor and after exclude each other. Send one of them.")
    return Place(page, parts_of(cursor, tuple[RowNo])[0] if cursor is not None else after)


async def read_results(connection: Connection, batch: Snapshot, wanted: Filters, place: Place) -> Found:
    """Raises ValidationError for a page number where only a cursor can find the place."""
    counted = is_counted(wanted)
    if not counted and place.after is None and place.page.number > 1:
        raise ValidationError(
            "With this filter pages have no numbers. Begin without page, then send next_cursor as cursor."
        )
    size = place.page.size
    # Of counted rows each listed chunk has one at least, and a part of the first may lie before the page.
    holding, most = size + 1, size + 2
    if not counted:
        holding, most = batch.total_urls, -(-_MOST_LOOKED_THROUGH // batch.chunk_size)
    after = place.after if counted else max(place.after or 0, (wanted.from_row or 1) - 1)
    first_chunk = None if after is None else min(after, batch.total_urls) // batch.chunk_size + 1
    offset = place.page.offset if after is None else None
    where = await connection.fetchrow(
        _SQL["results_chunks"], batch.batch_id, _counter(wanted), offset, first_chunk, holding, most + 1
    )
    looked, more = where["chunks"][:most], where["chunks"][most:]
    spans = spans_of(looked, batch.chunk_size, (after or 0) + 1)
    rows = await _rows(connection, batch.batch_id, wanted, spans, where["skip"], size + 1)
    total = where["total"] if counted else None
    if len(rows) > size:
        return Found(rows[:size], total, rows[size - 1]["row_no"])
    return Found(rows, total, spans[-1].last if more else None)


async def read_result(pool: Pool, result_id: UUID) -> list[dict[str, Any]]:
    """The result, then the attempts that it replaced, the latest first. Raises NotFound."""
    async with one_snapshot(pool) as connection:
        row = await connection.fetchrow(_SQL["result_read"], *batch_range(result_id))
        if row is None:
            raise NotFound(f"There is no result {result_id}.")
        place = row["batch_id"], row["row_no"]
        earlier = await connection.fetch(_SQL["earlier_read"], *place, _MOST_EARLIER)
    return [dict(attempt) for attempt in (row, *earlier)]


def is_counted(wanted: Filters) -> bool:
    """Whether the chunks' counters tell how many rows of each chunk are wanted."""
    return wanted == Filters(success=wanted.success, error_class=wanted.error_class)


def spans_of(chunks: Sequence[int], chunk_size: int, least: int) -> list[Span]:
    """The rows of these chunks (in order) from row `least` on, neighbours joined."""
    spans: list[Span] = []
    for number in chunks:
        first, last = max((number - 1) * chunk_size + 1, least), number * chunk_size
        if spans and spans[-1].last + 1 == first:
            spans[-1] = Span(spans[-1].first, last)
        elif first <= last:
            spans.append(Span(first, last))
    return spans


def _counter(wanted: Filters) -> str:
    """Which counter of a chunk bounds the wanted rows."""
    if wanted.error_class is not None:
        return wanted.error_class
    return {True: "successful", False: "failed", None: "processed"}[wanted.success]


async def _rows(
    connection: Connection, batch_id: UUID, wanted: Filters, spans: Sequence[Span], skip: int, most: int
) -> list[dict[str, Any]]:
    chosen = condition(wanted, 6)
    query = _SQL["results_rows"].format(condition=chosen.sql)
    rows: list[dict[str, Any]] = []
    for span in spans:
        found = await connection.fetch(query, batch_id, *span, skip, most - len(rows), *chosen.values)
        rows += [dict(row) for row in found]
        if len(rows) >= most:
            break
        skip = 0
    return rows
