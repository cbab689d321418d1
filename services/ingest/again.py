"""Which rows a later run hands out: those below their wanted attempt (rule 3), a chunk of them at a time."""

from collections.abc import Mapping

import msgspec

from services.ingest.batch import Facts
from services.ingest.book import Book
from services.ingest.cutting import Slice, rows_of
from services.ingest.tape import Tape
from shared.events import SliceRow


class Again:
    """The slices are those of the first run, so the tape is read again; chunks without such a row are skipped
    as bytes, slices without one are cut and left out."""

    def __init__(self, book: Book, facts: Facts) -> None:
        self._book = book
        self._facts = facts
        self._first_row = 0
        self._last_row = 0
        self._wanted: Mapping[int, int] = {}

    async def seek(self, tape: Tape) -> bool:
        """Brings the tape towards the next slice that may be handed out. False: it is not there yet, or
        nothing is left (see `tape.rows_left`). Raises what reading raises."""
        if tape.cursor.row > self._last_row and not await self._next_chunk(tape.cursor.row):
            tape.finish()
            return False
        if not await tape.skip_to(self._first_row):
            return False
        await tape.read_ahead()
        return True

    async def _next_chunk(self, row: int) -> bool:
        """That of `row` or a later one; False when there is none."""
        batch_id, size = self._facts.batch_id, self._facts.chunk_size
        chunk = await self._book.chunk_next(batch_id, (row - 1) // size + 1)
        if chunk is None:
            return False
        self._first_row = (chunk - 1) * size + 1
        self._last_row = min(chunk * size, self._facts.total_urls)
        self._wanted = await self._book.rows_wanted(batch_id, self._first_row, self._last_row)
        return True

    def pick(self, piece: Slice, raw: bytes) -> tuple[SliceRow, ...]:
        """Those rows of a slice at the tape; it is parsed only if there are some."""
        wanted = any(row_no in self._wanted for row_no in range(piece.first_row, piece.last_row + 1))
        return picked(rows_of(raw, piece), self._wanted) if wanted else ()


def picked(rows: tuple[SliceRow, ...], wanted: Mapping[int, int]) -> tuple[SliceRow, ...]:
    """The rows that are wanted, each with its attempt."""
    return tuple(
        msgspec.structs.replace(row, attempt=wanted[row.row_no]) for row in rows if row.row_no in wanted
    )
