"""One download of result rows, as the gateway asks the exporter for it."""

from enum import StrEnum

import msgspec

from shared.filters import Filters

PATH = "/internal/exports"


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


MEDIA_TYPES: dict[Format, str] = {
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Shape(StrEnum):
    """One batch; several batches as a ZIP of one file each; rows of several batches in one file."""

    BATCH = "batch"
    ZIP = "zip"
    TOGETHER = "together"


class Export(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`batches` are ids, each of which must exist; together they may be names as well, what matches nothing
    gives no rows, and None stands for all. `rows` are a sample's numbers. `head` asks for the headers."""

    batches: tuple[str, ...] | None
    shape: Shape = Shape.BATCH
    format: Format = Format.CSV
    metadata: bool = True
    filters: Filters = Filters()
    limit: int | None = None
    rows: tuple[int, ...] | None = None
    head: bool = False
