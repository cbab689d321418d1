"""The columns of an export: their header and their SQL. Names of an upload's own columns are hostile: they
stand in the header, guarded, and in SQL only as a parameter."""

import csv
import io
import re
from collections.abc import Sequence

_RECORD = {
    "url": "r.url",
    "success": "r.success",
    "store_image": "r.store_image",
    "text_content": "r.text_content",
    "store_name": "r.store_name",
    "business_contact": "r.business_contact",
    "image_description": "r.image_description",
    "error_message": "r.error_message",
    "created_at": "exporter.utc(r.created_at)",
}
# `given` has the ids of the batch's chunks in order, and the names of the upload's own columns.
_METADATA = {
    "result_id": "exporter.result_id(r.batch_id, r.row_no)",
    "batch_id": "r.batch_id",
    "chunk_id": "given.chunks[r.chunk_no]",
    "row_no": "r.row_no",
    "processing_time_seconds": "r.processing_time_seconds",
    "api_key_used": "r.api_key_used",
    "cache_hit": "r.cache_hit",
    "gemini_model_used": "r.gemini_model_used",
    "analysis_result": "r.analysis_result",
}
# In CSV: true and false instead of Postgres' t and f; what a spreadsheet would run is made text.
_BOOLEANS = frozenset({"success", "store_image", "cache_hit"})
_GUARDED = frozenset({
    "url", "text_content", "store_name", "business_contact", "image_description", "error_message",
    "api_key_used", "gemini_model_used",
})  # fmt: skip
# The same rule as exporter.cell, for the header.
_RISKY = re.compile(r"\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def cells(metadata: bool, extras: int) -> str:
    """The select list of a CSV."""
    ours = [_cell(name, sql) for name, sql in _ours(metadata).items()]
    return ", ".join([*ours, *(f"exporter.cell({own})" for own in _own(extras))])


def fields(metadata: bool) -> str:
    """The select list of a JSON record: typed, with names."""
    return ", ".join(f"{sql} as {name}" for name, sql in _ours(metadata).items())


def own_fields(extras: int) -> str:
    """SQL of how a JSON record goes on after our fields, up to its closing brace."""
    if not extras:
        return "'}'"
    return f"',' || substr(json_object(given.names, array[{', '.join(_own(extras))}]::text[])::text, 2)"


def header(metadata: bool, extras: Sequence[str]) -> bytes:
    """One line of CSV. Not COPY's own, which cuts names at 63 bytes and allows no empty one."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([*_ours(metadata), *map(guarded, extras)])
    return line.getvalue().encode()


def names(metadata: bool, extras: Sequence[str]) -> list[str]:
    return [*_ours(metadata), *extras]


def guarded(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula, made text."""
    return "'" + cell if _RISKY.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _ours(metadata: bool) -> dict[str, str]:
    return _RECORD | _METADATA if metadata else _RECORD


def _own(extras: int) -> list[str]:
    return [f"r.extra ->> given.names[{number}]" for number in range(1, extras + 1)]


def _cell(name: str, sql: str) -> str:
    if name in _GUARDED:
        return f"exporter.cell({sql})"
    return f"{sql}::text" if name in _BOOLEANS else sql
