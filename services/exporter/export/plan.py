"""What an export will hold: its batches and columns, and that it is not too large. In one snapshot."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.exporter.export.columns import names_of
from shared.exporting import Export, Shape
from shared.filters import Filters, condition
from shared.postgres import Connection, statements_beside

# Of several batches together: a statement each, and one list of columns (Postgres allows 1,664).
_MOST_BATCHES = 10_000
_MOST_COLUMNS = 1_000
_SECONDS = 10.0
_COUNT_SECONDS = 30.0
_SQL = statements_beside(__file__)


class UnknownBatch(Exception):
    """There is no such batch, or it is deleted."""


class TooLarge(Exception):
    """The text says how large it is and what makes it fit."""


class Facts(NamedTuple):
    """Of a batch, in the snapshot of its rows; `cost` in micro-dollars, paid for `units`."""

    batch_id: UUID
    name: str
    columns: tuple[str, ...]
    total_urls: int
    chunk_size: int
    processed: int
    successful: int
    failed: int
    cost: int
    units: int
    last_result_at: datetime | None = None

    @property
    def chunks(self) -> int:
        return -(-self.total_urls // self.chunk_size)


class Plan(NamedTuple):
    """`names` of the columns, in order; of several batches together with the uploads' own of all of them,
    each once; none of a ZIP, whose files have theirs."""

    batches: list[Facts]
    names: tuple[str, ...]


async def plan_of(connection: Connection, export: Export, most_rows: int) -> Plan:
    """Raises UnknownBatch, UnknownColumns, TooLarge."""
    together = export.shape is Shape.TOGETHER
    ids = await _chosen(connection, export.batches) if together else _ids(export.batches or ())
    rows = await connection.fetch(_SQL["facts"], ids, timeout=_SECONDS)
    batches = [Facts(**{**row, "columns": tuple(row["columns"])}) for row in rows]
    if missing := set(ids) - {batch.batch_id for batch in batches}:
        raise UnknownBatch(f"There is no batch {min(missing)}.")
    if together:
        batches = [batch for batch in batches if batch.processed]
    names = _names(export, batches)
    await _refuse_too_many(connection, export, batches, most_rows)
    return Plan(batches, names)


def _ids(texts: Sequence[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise UnknownBatch("There is no such batch.") from None


async def _chosen(connection: Connection, named: Sequence[str] | None) -> list[UUID]:
    rows = await connection.fetch(_SQL["chosen"], named, _MOST_BATCHES + 1, timeout=_SECONDS)
    if len(rows) > _MOST_BATCHES:
        raise TooLarge(f"These are more than {_MOST_BATCHES:,} batches. Name fewer of them in batch_ids.")
    return [row["batch_id"] for row in rows]


def _names(export: Export, batches: Sequence[Facts]) -> tuple[str, ...]:
    """Each file of a ZIP must have the wanted columns."""
    if export.shape is Shape.ZIP:
        for batch in batches:
            names_of(export.columns, export.metadata, batch.columns)
        return ()
    own = dict.fromkeys(name for batch in batches for name in batch.columns)
    names = names_of(export.columns, export.metadata, own)
    if len(names) > _MOST_COLUMNS:
        raise TooLarge(
            f"These batches have {len(names):,} different columns; one file takes {_MOST_COLUMNS:,}."
            " Choose some by columns, or export fewer batches at once."
        )
    return names


async def _refuse_too_many(
    connection: Connection, export: Export, batches: Sequence[Facts], most: int
) -> None:
    """Counts rows only where the counters do not say already that they are few."""
    if export.rows is not None or (export.limit is not None and export.limit <= most):
        return
    if at_most(batches, export.filters) <= most:
        return
    wanted = condition(export.filters, 2)
    count: int = await connection.fetchval(
        _SQL["count"].format(condition=wanted.sql),
        [batch.batch_id for batch in batches],
        *wanted.values,
        timeout=_COUNT_SECONDS,
    )
    if count > most:
        raise TooLarge(
            f"This export has {count:,} rows; one download takes {most:,} at most. Choose fewer by from_row"
            " and to_row, start_date and end_date, success_only, failed_only, error_class, has_store_name or"
            " has_contact, or have it made in the background: POST /api/v1/exports has no limit."
        )


def at_most(batches: Iterable[Facts], filters: Filters) -> int:
    """How many rows there can be, by the counters and the numbers of rows alone."""
    return sum(_at_most(batch, filters) for batch in batches)


def _at_most(batch: Facts, filters: Filters) -> int:
    counted = {None: batch.processed, True: batch.successful, False: batch.failed}[filters.success]
    last = min(filters.to_row or batch.total_urls, batch.total_urls)
    return min(counted, max(0, last - (filters.from_row or 1) + 1))
