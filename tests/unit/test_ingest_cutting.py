"""Slices: every row once, in order, of one chunk, within both caps, and the same however the file is read."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.cutting import MAX_BYTES, MAX_ROWS, Cursor, Shape, Slice, Unreadable, cut, rows_of, skip


def lines(cells: list[int]) -> bytes:
    """A row for each number, with a cell of that many characters."""
    rows = (msgspec.json.encode((n, "u", ("x" * cell,))) for n, cell in enumerate(cells, 1))
    return b"".join(row + b"\n" for row in rows)


def cut_all(raw: bytes, shape: Shape, piece_bytes: int) -> list[Slice]:
    """As the tape does: a block that grows by `piece_bytes` until it decides."""
    slices: list[Slice] = []
    cursor, read = Cursor(), 0
    while cursor.row <= shape.total_rows:
        block = raw[cursor.byte : read]
        found = cut(block, 0, cursor, shape, ends=read >= len(raw))
        if found is None:
            read += piece_bytes
        else:
            slices.append(found)
            cursor = found.after
    return slices


# Short rows in runs, so that a slice's 64 rows and its bytes both bind, with wide ones between.
runs = st.one_of(
    st.builds(lambda cell, rows: [cell] * rows, st.integers(0, 300), st.integers(1, 90)),
    st.sampled_from([[60_000], [130_000], [MAX_BYTES - 40]]),
)
sizes = st.lists(runs, min_size=1, max_size=6).map(lambda found: [cell for run in found for cell in run])


@settings(max_examples=50)
@given(sizes, st.integers(1, 100), st.integers(1_000, 400_000))
def test_every_row_is_in_one_slice_of_its_chunk_within_the_caps(
    cells: list[int], chunk_size: int, piece: int
) -> None:
    raw = lines(cells)
    slices = cut_all(raw, Shape(len(cells), chunk_size), piece)
    assert [n for s in slices for n in range(s.first_row, s.last_row + 1)] == list(range(1, len(cells) + 1))
    assert [s.first_byte for s in slices] + [len(raw)] == [0] + [s.end_byte for s in slices]
    for found in slices:
        assert (found.first_row - 1) // chunk_size == (found.last_row - 1) // chunk_size == found.chunk_no - 1
        assert found.rows <= MAX_ROWS
        assert found.rows == 1 or found.end_byte - found.first_byte <= MAX_BYTES
        rows = rows_of(raw[found.first_byte : found.end_byte], found)
        assert [len(row.extra[0]) for row in rows] == cells[found.first_row - 1 : found.last_row]


@settings(max_examples=50)
@given(sizes, st.integers(1_000, 400_000), st.integers(1_000, 400_000))
def test_slices_do_not_depend_on_how_much_is_read_at_once(cells: list[int], one: int, other: int) -> None:
    raw, shape = lines(cells), Shape(len(cells), 100)
    assert cut_all(raw, shape, one) == cut_all(raw, shape, other)


def test_rows_that_are_missing_at_the_end_are_told() -> None:
    with pytest.raises(Unreadable, match="end before row 4 of 9"):
        cut_all(lines([1, 1, 1]), Shape(9, 2_000), 1_000)


def test_a_line_that_was_broken_off_is_told() -> None:
    with pytest.raises(Unreadable, match="end before row 3 of 3"):
        cut_all(lines([1, 1, 1])[:-3], Shape(3, 2_000), 1_000)


def test_a_line_that_never_ends_is_told_before_the_whole_file_is_read() -> None:
    with pytest.raises(Unreadable, match="Row 1 of the stored rows of this batch never ends"):
        cut(b"x" * 600_000, 0, Cursor(), Shape(3, 2_000), ends=False)


@pytest.mark.parametrize("raw", [b'[1,"u"]\n[3,"u"]\n', b'[1,"u"]\nnot json\n', b'[1,"u"]\n[2,"\xff"]\n'])
def test_rows_that_are_not_what_was_written_are_told(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="rows 1 to 2 are"):
        rows_of(raw, Slice(1, 1, 2, 0, len(raw)))


def test_an_unreadable_row_keeps_its_reason() -> None:
    raw = b'[1,"half a li",[],"The quote is never closed."]\n'
    (row,) = rows_of(raw, Slice(1, 1, 1, 0, len(raw)))
    assert (row.unreadable, row.attempt) == ("The quote is never closed.", 1)


@settings(max_examples=50)
@given(sizes, st.data(), st.integers(1_000, 400_000))
def test_a_skip_leads_to_where_the_cutting_of_that_row_begins(
    cells: list[int], data: st.DataObject, piece: int
) -> None:
    raw, shape = lines(cells), Shape(len(cells), 100)
    begins = {found.first_row: found.first_byte for found in cut_all(raw, shape, piece)}
    row = data.draw(st.sampled_from(sorted(begins)))
    cursor, read = Cursor(), 0
    while cursor.row < row:
        read += piece
        cursor = skip(raw[cursor.byte : read], 0, cursor, row, shape, ends=read >= len(raw))
    assert cursor == Cursor(row, begins[row])


def test_a_skip_beyond_what_the_file_has_says_so() -> None:
    raw, shape = lines([1, 2, 3]), Shape(10, 100)
    end = skip(raw, 0, Cursor(), 9, shape, ends=True)
    assert end == Cursor(4, len(raw))
    with pytest.raises(Unreadable, match="end before row 4 of 10"):
        skip(b"", 0, end, 9, shape, ends=True)
    with pytest.raises(Unreadable, match="never ends"):
        skip(b"x" * (1 << 20), 0, Cursor(), 9, shape, ends=False)
