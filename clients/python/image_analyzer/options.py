"""What can be asked for, named as in the API; what is left out is the service's to choose."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypedDict

ExportFormat = Literal["csv", "json", "xlsx", "ndjson", "parquet", "csv.gz"]


class BatchOptions(TypedDict, total=False):
    """Of a new batch. `region` is where phone numbers without a country code are from, like US; with
    `force_refresh` no answer from before is reused; it is paused before it costs more than `max_cost` US
    dollars."""

    batch_name: str | None
    auto_start: bool
    chunk_size: int | None
    priority: Literal["low", "normal", "high"] | None
    region: str | None
    force_refresh: bool
    max_cost: float | None


class ListFilters(TypedDict, total=False):
    """Of batches. `q` is a part of the name."""

    status: str | None
    q: str | None
    include_soft_deleted: bool


class Filters(TypedDict, total=False):
    """Of results and of exports. Dates are inclusive; a bare date is the whole day in UTC."""

    success_only: bool
    failed_only: bool
    start_date: str | datetime | None
    end_date: str | datetime | None
    has_store_name: bool
    has_contact: bool
    error_class: str | None
    from_row: int | None
    to_row: int | None


class ExportOptions(Filters, total=False):
    """`metadata=False` leaves out the columns about the processing; `columns` are names, in the wanted order,
    and win over it. `excel` puts a byte order mark before CSV."""

    format: ExportFormat
    metadata: bool
    columns: Sequence[str] | None
    excel: bool


def texts(options: Mapping[str, object]) -> dict[str, str]:
    """As parameters and forms have them; without what is None."""
    return {name: _text(value) for name, value in options.items() if value is not None}


def _text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case list() | tuple():
            line = io.StringIO()
            csv.writer(line, lineterminator="").writerow(value)
            return line.getvalue()
        case _:
            return str(value)
