"""Bars and grids as numbers (pure): the templates only draw them."""

from collections.abc import Mapping
from typing import NamedTuple

from services.gateway.snapshot import Snapshot
from services.gateway.status import ChunkStatus, chunk_status_of

_CELLS = 240


class Bar(NamedTuple):
    """Percentages of the whole bar, side by side."""

    successful: float
    failed: float
    in_flight: float


class Counted(NamedTuple):
    processed: int = 0
    successful: int = 0
    failed: int = 0
    retrying: bool = False


class Cell(NamedTuple):
    """The chunks `first` to `last`, one or more, as if they were one."""

    first: int
    last: int
    rows: int
    counted: Counted
    status: ChunkStatus


def bar_of(batch: Snapshot) -> Bar:
    in_flight = min(batch.in_flight, batch.total_urls - batch.processed) if batch.status.is_active else 0
    parts = (batch.successful, batch.failed, in_flight)
    return Bar(*(round(100 * part / batch.total_urls, 3) for part in parts))


def chunks_a_cell(batch: Snapshot) -> int:
    """So many that there are at most 240 cells, however many chunks."""
    return -(-batch.total_chunks // _CELLS)


def grid(batch: Snapshot, counted: Mapping[int, Counted]) -> list[Cell]:
    """`counted` by the cell's number from 0; a cell without any result may be missing."""
    each = chunks_a_cell(batch)
    cells = -(-batch.total_chunks // each)
    return [_cell(batch, number, each, counted.get(number, Counted())) for number in range(cells)]


def _cell(batch: Snapshot, number: int, each: int, counted: Counted) -> Cell:
    first, last = number * each + 1, min((number + 1) * each, batch.total_chunks)
    before = (first - 1) * batch.chunk_size
    rows = min(last * batch.chunk_size, batch.total_urls) - before
    cut = batch.next_row > before + 1
    status = chunk_status_of(batch.status, rows, counted.processed, counted.successful, cut, counted.retrying)
    return Cell(first, last, rows, counted, status)
