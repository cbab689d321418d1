"""Laws of the reader that hold for every table and every way of writing and sending it."""

import csv
import io
from typing import Any

import msgspec
import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.reading import Normaliser, Summary, UnreadableUpload
from services.gateway.reading.header import Layout, extra_names

# Many control characters are binary data, which is refused.
CONTROLS = "".join(map(chr, {*range(32)} - {*b"\t\n\r"}))
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=CONTROLS), max_size=20)
ADDRESS = st.integers(0, 9999).map("https://pictures.example.com/{}.jpg".format)
NAME = st.text("abcdefghxyz", min_size=1, max_size=8).map("c_{}".format)

# csv.writer leaves a cell unquoted that holds the half of a line end which is not its own.
WRITINGS = [(csv.QUOTE_MINIMAL, "\r\n"), *((csv.QUOTE_ALL, end) for end in ("\n", "\r\n", "\r"))]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    width = draw(st.integers(0, 4))
    place = draw(st.integers(0, width))
    extras = draw(st.lists(NAME, min_size=width, max_size=width))
    rows = draw(
        st.lists(st.tuples(ADDRESS, st.lists(CELL, min_size=width, max_size=width)), min_size=1, max_size=20)
    )
    header = [*extras[:place], "url", *extras[place:]]
    return header, [[*cells[:place], url, *cells[place:]] for url, cells in rows]


def written(table: list[list[str]], delimiter: str, quoting: Any, end: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(table)
    return file.getvalue()


def read(upload: bytes, blocks: list[int]) -> tuple[Summary, bytes]:
    out = bytearray()
    normaliser = Normaliser(out.extend, "upload.csv")
    at = 0
    for size in blocks:
        normaliser.feed(upload[at : at + size])
        at += size
    normaliser.feed(upload[at:])
    return normaliser.finish(), bytes(out)


@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    writing=st.sampled_from(WRITINGS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    blocks=st.lists(st.integers(0, 200), max_size=5),
)
def test_every_row_of_every_dialect_comes_back_once_with_equal_cells(
    table: tuple[list[str], list[list[str]]],
    delimiter: str,
    writing: tuple[Any, str],
    encoding: str,
    blocks: list[int],
) -> None:
    header, rows = table
    place = header.index("url")
    summary, out = read(written([header, *rows], delimiter, *writing).encode(encoding), blocks)
    expected = [[n, row[place], [*row[:place], *row[place + 1 :]]] for n, row in enumerate(rows, 1)]
    assert [msgspec.json.decode(line) for line in out.splitlines()] == expected
    assert summary.total_rows == len(rows)
    assert len(summary.columns) == len(header) - 1


@given(upload=st.binary(max_size=400), blocks=st.lists(st.integers(0, 100), max_size=5))
def test_any_bytes_are_read_or_refused_in_words_and_the_same_for_any_blocks(
    upload: bytes, blocks: list[int]
) -> None:
    try:
        whole = read(b"url,a\n" + upload, [])
    except UnreadableUpload:
        return
    assert read(b"url,a\n" + upload, blocks) == whole
    for number, line in enumerate(whole[1].splitlines(), 1):
        assert msgspec.json.decode(line)[0] == number


@given(lines=st.lists(st.text('ab",\\; ', min_size=1, max_size=12), min_size=1, max_size=30))
def test_no_line_is_lost_however_it_is_quoted(lines: list[str]) -> None:
    """Each line ends with a mark of its own, each is in the output, in a row that was read or not."""
    upload = "url,a\n" + "".join(f"{line}<{number}>\n" for number, line in enumerate(lines))
    _, out = read(upload.encode(), [])
    assert all(f"<{number}>".encode() in out for number in range(len(lines)))


@given(
    header=st.lists(st.sampled_from(["a", "a_2", "", "url", "success", "column_2"]), min_size=1, max_size=8)
)
def test_names_of_extra_columns_are_unique_and_none_is_ours(header: list[str]) -> None:
    names = extra_names(Layout(0, tuple(header), len(header)), len(header) + 2)
    assert len(set(names)) == len(names) == len(header) + 1
    assert not {"url", "success"} & set(names)


@settings(max_examples=20)
@given(flips=st.dictionaries(st.integers(0, 10_000), st.integers(0, 255), min_size=1, max_size=8))
def test_a_damaged_workbook_is_read_or_refused(flips: dict[int, int]) -> None:
    damaged = bytearray(WORKBOOK)
    for place, byte in flips.items():
        damaged[4 + place % (len(damaged) - 4)] = byte
    try:
        summary, out = read(bytes(damaged), [])
    except UnreadableUpload:
        return
    assert summary.total_rows == len(out.splitlines())


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (("url", "name"), ("https://pictures.example.com/1.jpg", "Kiosk"), ("x", 1.5)):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


WORKBOOK = _workbook()
