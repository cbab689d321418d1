"""One download of result rows, as the gateway asks the exporter for it."""

from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

import msgspec

from shared.filters import Filters

PATH = "/internal/exports"


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    CSV_GZ = "csv.gz"


MEDIA_TYPES: dict[Format, str] = {
    Format.CSV: "text/csv",
    Format.JSON: "application/json",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.NDJSON: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.CSV_GZ: "application/gzip",
}
# Those that may begin with a byte order mark, by which Excel knows UTF-8.
TABLES = frozenset({Format.CSV, Format.CSV_GZ})


class Shape(StrEnum):
    """One batch; several batches as a ZIP of one file each; rows of several batches in one file."""

    BATCH = "batch"
    ZIP = "zip"
    TOGETHER = "together"


class Export(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`batches` are ids, each of which must exist; together they may be names as well, what matches nothing
    gives no rows, and None stands for all. `columns` are names in the wanted order and win over `metadata`;
    each batch of a ZIP must have them. `excel`: with a byte order mark. `rows` are a sample's numbers. `head`
    asks for the headers."""

    batches: tuple[str, ...] | None
    shape: Shape = Shape.BATCH
    format: Format = Format.CSV
    metadata: bool = True
    columns: tuple[str, ...] | None = None
    excel: bool = False
    filters: Filters = Filters()
    limit: int | None = None
    rows: tuple[int, ...] | None = None
    head: bool = False


def folder_of(export_id: UUID) -> str:
    """Where the blob store has what an export in the background made."""
    return f"exports/{export_id}"


def blob_of(export_id: UUID, fence: int) -> str:
    """The file of one making. Only that of the fence that completed is whole for sure."""
    return f"{folder_of(export_id)}/{fence}"


def disposition(file: str) -> str:
    """Content-Disposition with an ASCII name for old readers and the whole one (RFC 6266)."""
    plain = file.encode("ascii", "replace").decode().replace("?", "_")
    whole = quote(file.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"
