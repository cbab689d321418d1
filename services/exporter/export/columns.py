"""The columns of an export: their header and their SQL. Names of an upload's own columns are hostile: they
stand in the header, guarded, and in SQL only as a parameter."""

import csv
import io
import re
from collections.abc import Sequence

_RECORD = {
    "url": "exporter.cell(r.url)",
    "success": "r.success::text",
    "store_image": "r.store_image::text",
    "text_content": "exporter.cell(r.text_content)",
    "store_name": "exporter.cell(r.store_name)",
    "business_contact": "exporter.cell(r.business_contact)",
    "image_description": "exporter.cell(r.image_description)",
    "error_message": "exporter.cell(r.error_message)",
    "created_at": "exporter.utc(r.created_at)",
}
# Parameter 1 is the batch, 2 the ids of its chunks in order, 3 the names of the upload's own columns.
_METADATA = {
    "result_id": "exporter.result_id(r.batch_id, r.row_no)",
    "batch_id": "r.batch_id",
    "chunk_id": "($2::uuid[])[r.chunk_no]",
    "row_no": "r.row_no",
    "processing_time_seconds": "r.processing_time_seconds",
    "api_key_used": "exporter.cell(r.api_key_used)",
    "cache_hit": "r.cache_hit::text",
    "gemini_model_used": "exporter.cell(r.gemini_model_used)",
    "analysis_result": "r.analysis_result",
}
# The same rule as exporter.cell, for the header.
_RISKY = re.compile(r"\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def select_list(metadata: bool, extras: int) -> str:
    ours = [*_RECORD.values(), *(_METADATA.values() if metadata else ())]
    own = [f"exporter.cell(r.extra ->> ($3::text[])[{number}])" for number in range(1, extras + 1)]
    return ", ".join([*ours, *own])


def header(metadata: bool, extras: Sequence[str]) -> bytes:
    """One line of CSV. Not COPY's own, which cuts names at 63 bytes and allows no empty one."""
    names = [*_RECORD, *(_METADATA if metadata else ()), *(guarded(name) for name in extras)]
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(names)
    return line.getvalue().encode()


def guarded(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula, made text."""
    return "'" + cell if _RISKY.match(cell) and not _NUMBER.fullmatch(cell) else cell
