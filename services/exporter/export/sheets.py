"""An Excel workbook from a file of JSON records, a line each, in constant memory."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Any

import msgspec
from rustpy_xlsxwriter import write_worksheets

from services.exporter.export.columns import names
from services.exporter.export.plan import Plan
from shared.exporting import Export
from shared.price import dollars
from shared.wire import CUT_MARK

# Of a cell, in UTF-16 units: Excel opens no file with a longer one.
_LONGEST_CELL = 32_767
# What XML can't hold. A carriage return would show as a code: lines in cells end with a line feed.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_ERRORS = ("batch_id", "row_no", "url", "error_message", "created_at")

Record = dict[str, Any]


def write_workbook(lines: IO[bytes], path: str, plan: Plan, export: Export) -> None:
    """Sheets of the results, of how many there are, and of the failed ones. Blocks for seconds."""
    counted = {True: 0, False: 0}
    columns = names(export.metadata, plan.columns)
    sheets: list[tuple[str, Any]] = [
        ("Results", _never_empty(_counting(_records(lines), counted), columns)),
        ("Summary", _summary(plan, export, counted)),
        ("Errors", _never_empty(_failed(lines), [name for name in _ERRORS if name in columns])),
    ]
    write_worksheets(sheets, path, freeze_panes={"general": {"row": 1, "col": 0}}, bold_headers=True)


def cell_of(value: Any) -> Any:
    """Numbers and booleans as they are; all else is text, which no spreadsheet runs."""
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode()
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    text = _UNPRINTABLE.sub("", text)
    if len(text) * 2 <= _LONGEST_CELL:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= _LONGEST_CELL * 2:
        return text
    kept = units[: (_LONGEST_CELL - len(CUT_MARK)) * 2].decode("utf-16-le", "ignore")
    return kept + CUT_MARK


def _records(lines: IO[bytes]) -> Iterator[Record]:
    """Of an array: each line is a record after its bracket or comma; the last one is the closing bracket."""
    lines.seek(0)
    decoder = msgspec.json.Decoder(dict[str, Any])
    for line in lines:
        if line.endswith(b"}\n"):
            yield {name: cell_of(value) for name, value in decoder.decode(line[1:]).items()}


def _counting(records: Iterable[Record], counted: dict[bool, int]) -> Iterator[Record]:
    for record in records:
        counted[record["success"]] += 1
        yield record


def _failed(lines: IO[bytes]) -> Iterator[Record]:
    for record in _records(lines):
        if not record["success"]:
            yield {name: record[name] for name in _ERRORS if name in record}


def _never_empty(records: Iterator[Record], columns: Iterable[str]) -> Iterator[Record]:
    """A sheet takes its header from its first record."""
    yield next(records, dict.fromkeys(columns))
    yield from records


def _summary(plan: Plan, export: Export, counted: Mapping[bool, int]) -> Iterator[Record]:
    """Read after the results, when they are counted."""
    rows = counted[True] + counted[False]
    facts = {
        "Batches": ", ".join(batch.name for batch in plan.batches),
        "Rows in the batches": sum(batch.total_urls for batch in plan.batches),
        "Results in the batches": sum(batch.processed for batch in plan.batches),
        "Results in this file": rows,
        "Successful": counted[True],
        "Failed": counted[False],
        "Success rate (%)": round(100 * counted[True] / rows, 2) if rows else 0.0,
        "Cost of the batches (USD)": dollars(sum(batch.cost for batch in plan.batches)),
        "Paid units": sum(batch.units for batch in plan.batches),
        "Filters": msgspec.json.encode(export.filters).decode(),
        "Exported at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    yield from ({"Fact": name, "Value": cell_of(value)} for name, value in facts.items())
