"""Where slices begin and end: pure, and the same on every run, whatever was read at once.

A slice is cut from the raw bytes of the normalised rows, one JSON line a row, so that it is found
again by one range read and no parser's version can move its edges.
"""

import msgspec

from shared.events import SliceRow

MAX_ROWS = 64
MAX_BYTES = 256 * 1024
# A row has at most MAX_BYTES, so this much of a file always decides the next slice.
DECIDING_BYTES = 2 * MAX_BYTES + 2
_row_decoder = msgspec.json.Decoder(SliceRow)


class Unreadable(Exception):
    """The batch can't go on: its file is gone or is not what was written. The text says which, in words."""


class Cursor(msgspec.Struct, frozen=True):
    """The next row to cut, and where its line begins in the file."""

    row: int = 1
    byte: int = 0


class Slice(msgspec.Struct, frozen=True):
    """Rows `first_row` to `last_row`, in bytes `first_byte` to before `end_byte` of the file."""

    chunk_no: int
    first_row: int
    last_row: int
    first_byte: int
    end_byte: int

    @property
    def rows(self) -> int:
        return self.last_row - self.first_row + 1

    @property
    def after(self) -> Cursor:
        return Cursor(self.last_row + 1, self.end_byte)


class Shape(msgspec.Struct, frozen=True):
    """What a batch's slices depend on, beside its bytes."""

    total_rows: int
    chunk_size: int

    def most_rows(self, row: int) -> int:
        """Rows of a slice that begins at `row`, if its bytes allow: none of the next chunk."""
        in_chunk = self.chunk_size - (row - 1) % self.chunk_size
        return min(MAX_ROWS, in_chunk, self.total_rows - row + 1)


def cut(block: bytes, start: int, cursor: Cursor, shape: Shape, ends: bool) -> Slice | None:
    """The slice at `cursor`, whose line begins at `block[start]`; None while the block doesn't decide.

    `ends` says that the file ends with the block. Raises Unreadable when rows are missing there.
    """
    most = shape.most_rows(cursor.row)
    rows, end = 0, start
    while rows < most:
        newline = block.find(b"\n", end)
        if newline < 0 and (rows == 0 or len(block) - start <= MAX_BYTES):
            _refuse_hopeless(block, start, cursor.row + rows, shape, ends)
            return None
        if newline < 0 or (rows > 0 and newline + 1 - start > MAX_BYTES):
            break
        rows, end = rows + 1, newline + 1
    return Slice(
        chunk_no=(cursor.row - 1) // shape.chunk_size + 1,
        first_row=cursor.row,
        last_row=cursor.row + rows - 1,
        first_byte=cursor.byte,
        end_byte=cursor.byte + end - start,
    )


def skip(block: bytes, start: int, cursor: Cursor, row: int, shape: Shape, ends: bool) -> Cursor:
    """From `cursor`, whose line begins at `block[start]`, to the line of `row` or as far as the block goes.

    Lines are counted, not parsed: 1 MiB takes 0.1 ms. Raises Unreadable when rows are missing there.
    """
    lines, wanted = block.count(b"\n", start), row - cursor.row
    if lines == 0:
        _refuse_hopeless(block, start, cursor.row, shape, ends)
        return cursor
    if lines <= wanted:
        return Cursor(cursor.row + lines, cursor.byte + block.rindex(b"\n") + 1 - start)
    end = start
    for _ in range(wanted):
        end = block.index(b"\n", end) + 1
    return Cursor(row, cursor.byte + end - start)


def _refuse_hopeless(block: bytes, start: int, row: int, shape: Shape, ends: bool) -> None:
    if ends:
        raise Unreadable(f"The stored rows of this batch end before row {row} of {shape.total_rows}.")
    if len(block) - start >= DECIDING_BYTES:
        raise Unreadable(f"Row {row} of the stored rows of this batch never ends.")


def rows_of(raw: bytes, piece: Slice) -> tuple[SliceRow, ...]:
    """The rows of a slice, from its bytes. Raises Unreadable when they are not those rows."""
    try:
        rows = tuple(_row_decoder.decode_lines(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(f"The stored rows {piece.first_row} to {piece.last_row} are damaged.") from error
    if [row.row_no for row in rows] != list(range(piece.first_row, piece.last_row + 1)):
        raise Unreadable(f"The stored rows {piece.first_row} to {piece.last_row} are not in their place.")
    return rows
