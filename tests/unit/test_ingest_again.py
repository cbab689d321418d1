"""A later run hands out exactly the rows that are wanted, in the slices of the first."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.again import Again
from services.ingest.batch import Facts
from services.ingest.cutting import Cursor, Shape
from services.ingest.tape import Tape
from shared.blobs import open_store
from shared.events import SliceRow

ROWS, CHUNK = 1_000, 90


class Wanted:
    """The book's two questions, answered from a dictionary: row → attempt."""

    def __init__(self, wanted: dict[int, int]) -> None:
        self._wanted = wanted
        self.asked = 0

    async def chunk_next(self, _batch: object, first: int) -> int | None:
        self.asked += 1
        return min((c for row in self._wanted if (c := (row - 1) // CHUNK + 1) >= first), default=None)

    async def rows_wanted(self, _batch: object, first: int, last: int) -> dict[int, int]:
        return {row: attempt for row, attempt in self._wanted.items() if first <= row <= last}


async def run(folder: Path, wanted: Wanted, cursor: Cursor) -> list[tuple[int, tuple[SliceRow, ...]]]:
    """What is handed out, each slice's first row with its picked rows."""
    facts = Facts(uuid4(), 2, 1, CHUNK, ROWS, (), "US", "rows.jsonl")
    book: Any = wanted
    again = Again(book, facts)
    tape = Tape(open_store(folder.as_uri()), "rows.jsonl", Shape(ROWS, CHUNK), cursor)
    out: list[tuple[int, tuple[SliceRow, ...]]] = []
    while tape.rows_left > 0:
        if await again.seek(tape) and (taken := tape.take()) and (rows := again.pick(*taken)):
            out.append((taken[0].first_row, rows))
    tape.close()
    return out


@settings(max_examples=15)
@given(st.dictionaries(st.integers(1, ROWS), st.integers(1, 5), max_size=30))
def test_the_wanted_rows_are_handed_out_once_with_their_attempt(wanted: dict[int, int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = [msgspec.json.encode((n, f"u{n}", ("x" * (n % 300),))) + b"\n" for n in range(1, ROWS + 1)]
        (folder / "rows.jsonl").write_bytes(b"".join(raw))
        answers = Wanted(wanted)
        out = asyncio.run(run(folder, answers, Cursor()))
        assert {row.row_no: row.attempt for _, rows in out for row in rows} == wanted
        assert sum(len(rows) for _, rows in out) == len(wanted)
        assert all(((first - 1) % CHUNK) % 64 == 0 for first, _ in out), "the slices of the first run"
        assert answers.asked <= len({(row - 1) // CHUNK for row in wanted}) + 1
        # A run that was booked up to here before goes on from here.
        at = Cursor(CHUNK * 4 + 65, sum(map(len, raw[: CHUNK * 4 + 64])))
        rest = asyncio.run(run(folder, Wanted(wanted), at))
        assert [rows for _, rows in rest] == [rows for first, rows in out if first >= at.row]
