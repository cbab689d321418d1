"""Rows of sheets, as Postgres writes them, to an Excel workbook, as they come."""

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from typing import IO, Any

import msgspec

from services.exporter.export.archive import Archive
from services.exporter.export.columns import ALSO_FAILED, CUT_CELL, ERRORS, kinds
from services.exporter.export.plan import Plan
from services.exporter.export.workbook import (
    RELATIONS,
    STYLES,
    content_types,
    row,
    sheet_end,
    sheet_start,
    workbook,
    workbook_relations,
)
from shared.exporting import Export
from shared.price import dollars

# Of a sheet in Excel, without the header; and short of what a ZIP that Excel likes can hold of one file.
_MOST_ROWS = 1_048_575
_MOST_BYTES = 1_900 << 20
_BLOCK = 1 << 18


async def as_workbook(
    pieces: AsyncIterator[bytes], plan: Plan, export: Export, most_rows: int = _MOST_ROWS
) -> AsyncGenerator[bytes, None]:
    """Sheets of the results, of how many there are, and of the failed ones."""
    archive = Archive()
    archive.add("_rels/.rels", RELATIONS)
    with tempfile.TemporaryFile() as failed:
        results = _Sheets(archive, "Results", plan.names, most_rows)
        errors = 0
        async for lines in _lines(pieces):
            rows, failures = _apart(lines)
            results.write(rows)
            errors += len(failures)
            failed.writelines(failures)
            if taken := archive.taken():
                yield taken
        results.end()
        summary = _Sheets(archive, "Summary", ("Fact", "Value"), most_rows, results)
        facts = _facts(plan, export, results.rows, errors, results.cut)
        summary.write([row(fact) for fact in facts.items()])
        summary.end()
        sheets = _Sheets(archive, "Errors", ERRORS, most_rows, summary)
        for block in _blocks(failed):
            sheets.write(block)
            yield archive.taken()
        sheets.end()
    _finish(archive, sheets.titles)
    yield archive.taken()


class _Sheets:
    """Rows in one sheet, and in further ones when it is full: `Results`, `Results 2`."""

    def __init__(
        self, archive: Archive, title: str, names: Sequence[str], most: int, before: "_Sheets | None" = None
    ) -> None:
        self.titles: list[str] = [*before.titles] if before else []
        self.rows = self.cut = 0
        self._archive, self._title, self._names, self._most = archive, title, names, most
        self._mine = 0
        self._begin()

    def _begin(self) -> None:
        self._mine += 1
        self.titles.append(self._title if self._mine == 1 else f"{self._title} {self._mine}")
        self._entry = self._archive.open(f"xl/worksheets/sheet{len(self.titles)}.xml", large=False)
        self._entry.write(sheet_start(self._names, kinds(self._names)))
        self._here = self._bytes = 0

    def write(self, rows: Sequence[bytes]) -> None:
        while rows:
            if self._here == self._most or self._bytes > _MOST_BYTES:
                self.end()
                self._begin()
            now, rows = rows[: self._most - self._here], rows[self._most - self._here :]
            written = b"".join(now)
            self._entry.write(written)
            self._here += len(now)
            self._bytes += len(written)
            self.rows += len(now)
            self.cut += written.count(CUT_CELL)

    def end(self) -> None:
        self._entry.write(sheet_end(len(self._names), self._here + 1))
        self._entry.close()


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncGenerator[list[bytes], None]:
    """Whole lines, without their ends: pieces end anywhere."""
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield lines


def _apart(lines: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Rows of the results; rows of the errors, each with its line end."""
    parts = [line.partition(ALSO_FAILED) for line in lines]
    return [result for result, _, _ in parts], [error + b"\n" for _, _, error in parts if error]


def _blocks(file: IO[bytes]) -> Iterator[list[bytes]]:
    file.seek(0)
    while lines := file.readlines(_BLOCK):
        yield lines


def _finish(archive: Archive, titles: Sequence[str]) -> None:
    archive.add("xl/workbook.xml", workbook(titles))
    archive.add("xl/_rels/workbook.xml.rels", workbook_relations(len(titles)))
    archive.add("xl/styles.xml", STYLES)
    archive.add("[Content_Types].xml", content_types(len(titles)))
    archive.close()


def _last(plan: Plan) -> str:
    """Not when it was exported: the same rows give the same file."""
    times = [batch.last_result_at for batch in plan.batches if batch.last_result_at is not None]
    return max(times).isoformat(timespec="seconds").replace("+00:00", "Z") if times else ""


def _facts(plan: Plan, export: Export, rows: int, failed: int, cut: int) -> dict[str, Any]:
    return {
        "Batches": ", ".join(batch.name for batch in plan.batches),
        "Rows in the batches": sum(batch.total_urls for batch in plan.batches),
        "Results in the batches": sum(batch.processed for batch in plan.batches),
        "Results in this file": rows,
        "Successful": rows - failed,
        "Failed": failed,
        "Success rate (%)": round(100 * (rows - failed) / rows, 2) if rows else 0.0,
        "Cost of the batches (USD)": dollars(sum(batch.cost for batch in plan.batches)),
        "Filters": msgspec.json.encode(export.filters).decode(),
        "Cells cut to 32,767 characters, the most that Excel takes": cut,
        "Last result at": _last(plan),
    }
