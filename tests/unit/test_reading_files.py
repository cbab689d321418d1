"""Uploads as people send them, whole: what rows come out, and what is said of those that can't be a batch."""

import gc
import gzip
import hashlib
import io
import weakref
import zipfile
from datetime import date
from typing import Any

import msgspec
import openpyxl
import pytest

from services.gateway.exporting.template import template
from services.gateway.reading import Limits, Normaliser, Summary, UnreadableUpload
from shared.exporting import Format

URL = "https://pictures.example.com/{}.jpg"
A, B, C = (URL.format(name) for name in "abc")


def read(
    upload: bytes, block: int = 1 << 20, limits: Limits | None = None
) -> tuple[Summary, list[list[Any]]]:
    blocks: list[bytes] = []
    normaliser = Normaliser(blocks.append, "upload.csv", limits or Limits())
    try:
        for start in range(0, len(upload), block):
            normaliser.feed(upload[start : start + block])
        summary = normaliser.finish()
    finally:
        normaliser.close()
    rows = [msgspec.json.decode(line) for line in b"".join(blocks).splitlines()]
    assert [row[0] for row in rows] == list(range(1, summary.total_rows + 1))
    return summary, rows


def rows_of(upload: bytes | str) -> list[list[Any]]:
    return read(upload.encode() if isinstance(upload, str) else upload)[1]


def reason(upload: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(UnreadableUpload) as caught:
        read(upload, limits=limits)
    assert caught.value.reason.endswith(".")
    return caught.value.reason


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_documented_example() -> None:
    summary, rows = read(f"url\n{A}\n{B}\n".encode())
    assert rows == [[1, A, []], [2, B, []]]
    assert (summary.header, summary.url_column, summary.columns, summary.delimiter) == (True, "url", (), "")
    assert summary.raw_bytes == len(f"url\n{A}\n{B}\n")


@pytest.mark.parametrize("kind", [Format.CSV, Format.XLSX])
def test_a_template_is_read_as_it_is(kind: Format) -> None:
    summary, rows = read(template(kind))
    assert [row[1] for row in rows] == [
        f"https://example.com/image{end}" for end in ("1.jpg", "2.png", "3.gif")
    ]
    assert (summary.total_rows, summary.columns) == (3, ())


def test_summary_hashes_the_raw_upload() -> None:
    packed = gzip.compress(f"url\n{A}\n".encode(), mtime=0)
    assert read(packed)[0].sha256 == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_delimiters_and_line_ends(delimiter: str, end: str, last: bool) -> None:
    lines = [delimiter.join(cells) for cells in (("name", "image_url"), ("Kiosk", A), ("", B))]
    summary, rows = read((end.join(lines) + end * last).encode())
    assert rows == [[1, A, ["Kiosk"]], [2, B, [""]]]
    assert (summary.delimiter, summary.columns, summary.url_column) == (delimiter, ("name",), "image_url")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = f"url,name\r\n{A},Café Nº 1\r\n{B},Bücher €\r\n"
    upload = text.encode("utf-16-be") if encoding == "utf-16-be" else text.encode(encoding)
    summary, rows = read(upload)
    assert rows == [[1, A, ["Café Nº 1"]], [2, B, ["Bücher €"]]]
    assert summary.encoding == encoding


def test_utf16_of_the_other_byte_order() -> None:
    upload = b"\xfe\xff" + f"url,name\n{A},Café\n".encode("utf-16-be")
    assert rows_of(upload) == [[1, A, ["Café"]]]


def test_a_stray_byte_spoils_only_its_own_line() -> None:
    upload = f"url,name\n{A},Café\n".encode() + f"{B},Café\n".encode("latin-1") + f"{C},東京\n".encode()
    assert [row[2] for row in rows_of(upload)] == [["Café"], ["Café"], ["東京"]]


def test_wholly_empty_lines_are_no_rows_but_rows_of_empty_cells_are() -> None:
    assert rows_of(f"\n\nurl,name\n\n{A},x\r\n\r\n,\n") == [[1, A, ["x"]], [2, "", [""]]]


def test_quoted_newlines_nul_bytes_and_wide_cells() -> None:
    wide = "x" * 65_536
    upload = f'url,note\n{A},"two\r\nlines, ""quoted"""\n{B},N\0UL\n{C},{wide}'
    assert rows_of(upload) == [[1, A, ['two\r\nlines, "quoted"']], [2, B, ["NUL"]], [3, C, [wide]]]


def test_ragged_rows_keep_their_cells() -> None:
    summary, rows = read(f"name,url,city\nx\nx,{A},Rome,1,2\nx,{B}\n".encode())
    assert rows == [[1, "", ["x"]], [2, A, ["x", "Rome", "1", "2"]], [3, B, ["x"]]]
    assert summary.columns == ("name", "city", "column_4", "column_5")


def test_an_unclosed_quote_costs_one_line() -> None:
    rows = rows_of(f'url,name\n{A},ok\n{B},"open\n{C},fine\n{A},"closed"\n')
    assert [row[1] for row in rows] == [A, f'{B},"open', C, A]
    assert rows[1][2:] == [[], "A quote is opened in this line and never closed."]


def test_an_unclosed_quote_far_from_the_end_costs_one_line() -> None:
    rest = "".join(f"{URL.format(i)},n\n" for i in range(20_000))
    rows = rows_of(f'url,name\n"{A},x\n' + rest)
    assert len(rows) == 20_001
    assert len(rows[0]) == 4
    assert rows[1] == [2, URL.format(0), ["n"]]


def test_quotes_inside_cells_are_read_as_spreadsheets_do() -> None:
    assert rows_of(f'url,name\n{A},5" screen\n{B},"Blue" Harbor\n') == [
        [1, A, ['5" screen']],
        [2, B, ["Blue Harbor"]],
    ]


def test_backslashes_and_apostrophes_as_quoting() -> None:
    assert rows_of(f'url,name\n{A},"say \\"a, b\\""\n') == [[1, A, ['say "a, b"']]]
    assert rows_of(f"'url','name'\n'{A}','a, b'\n") == [[1, A, ["a, b"]]]


def test_a_row_too_big_for_a_slice_is_an_unreadable_row() -> None:
    rows = rows_of(f"url,note\n{A},{'x' * 300_000}\n{B},y\n{C},{',' * 5_000}\n{'z' * 3_000_000}\n{A},\n")
    assert [len(row) for row in rows] == [4, 3, 4, 4, 3]
    assert rows[0][1] == A
    assert "262,144 is the most" in rows[0][3]
    assert "5,002 cells" in rows[2][3]
    assert rows[3][1] == "z" * 500


def test_no_header_if_the_first_line_holds_an_address() -> None:
    summary, rows = read(f"Kiosk;{A}\nBar;{B}\n".encode())
    assert rows == [[1, A, ["Kiosk"]], [2, B, ["Bar"]]]
    assert (summary.header, summary.columns, summary.url_column) == (False, ("column_1",), "column_2")


def test_addresses_with_commas_in_a_file_of_one_column() -> None:
    odd = "https://media.example.com/fill/w_980,h_551/a.jpg"
    assert rows_of(f"url\n{odd}\n{A}\n") == [[1, odd, []], [2, A, []]]


def test_columns_named_like_ours_twice_or_not_at_all() -> None:
    summary, _ = read(f"url,Success,name,,name,name_2,url\n{A},1,2,3,4,5,6\n".encode())
    assert summary.columns == ("input_Success", "name", "column_4", "name_2", "name_2_2", "input_url")


def test_the_names_of_all_columns_fit_into_a_slice() -> None:
    header = ["url", *("\U0001f600\u200b" * 110 for _ in range(999))]
    names = read(",".join(header).encode() + f"\n{A}\n".encode())[0].columns
    assert len(set(names)) == 999
    assert len(msgspec.json.encode(names)) < 512 * 1024
    assert "header is too long" in reason(f"url,{'x' * 2_000_000}\n{A}\n".encode())


def test_gzip_of_several_members_and_of_any_block_size() -> None:
    packed = (
        gzip.compress(f"url\n{A}\n".encode(), mtime=0) + gzip.compress(f"{B}\n".encode(), mtime=0) + b"\0" * 7
    )
    for block in (1, 10, 1 << 20):
        assert read(packed, block)[1] == [[1, A, []], [2, B, []]]


def test_workbook() -> None:
    upload = workbook(("id", "Link", "since", "open"), (1.0, A, date(2025, 1, 2), True), (), (2.5, B))
    summary, rows = read(upload, block=1000)
    assert rows == [[1, A, ["1", "2025-01-02T00:00:00", "true"]], [2, B, ["2.5"]]]
    assert (summary.encoding, summary.columns, summary.url_column) == (
        "xlsx",
        ("id", "since", "open"),
        "Link",
    )


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (b"", "empty"),
        (b"\n\r\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"url\n", "no row below"),
        (b"url,name\r\n\r\n", "no row below"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, "PNG"),
        (bytes(range(256)) * 100, "binary"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<!DOCTYPE html><p>", "web page"),
        (b"name,city\nx,Rome\n", "No column holds addresses"),
        (b"PK\x03\x04" + b"x" * 1000, "damaged Excel"),
        (gzip.compress(b"url\nhttps://a/b.jpg\n", mtime=0)[:-6], "cut on its way"),
        (b"\x1f\x8b" + b"x" * 100, "gzip file is damaged"),
        (gzip.compress(b"\x89PNG" + bytes(range(256)) * 10, mtime=0), "binary"),
        (gzip.compress(b"", mtime=0), "empty"),
    ],
)
def test_what_can_not_be_a_batch_is_told_in_a_sentence(upload: bytes, words: str) -> None:
    assert words in reason(upload)


def test_files_that_unpack_to_too_much_are_refused() -> None:
    bomb = gzip.compress(b"url\n" + b"x" * 50_000_000, mtime=0)
    assert "MiB unpacked" in reason(bomb, Limits(unpacked_bytes=10 << 20))
    assert "more than 1,000 rows" in reason(b"url\n" + b"x\n" * 2_000, Limits(rows=1_000))
    assert "too big" in reason(workbook(("url",), (A,)), Limits(unpacked_bytes=10))


def changed(upload: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with this in place of that in each of its parts, their names too."""
    source, target = io.BytesIO(upload), io.BytesIO()
    with zipfile.ZipFile(source) as parts, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for part in parts.infolist():
            name = part.filename.replace(old.decode(), new.decode())
            written.writestr(name, parts.read(part).replace(old, new))
    return target.getvalue()


def test_a_workbook_whose_row_numbers_explode_is_refused() -> None:
    assert "1,048,576 rows" in reason(changed(workbook(("url",), (A,)), b'r="2"', b'r="99999999999"'))


def test_a_cell_of_a_workbook_does_not_fill_the_memory() -> None:
    cell = b'<row r="3"><c><v>' + b"1" * (20 << 20)
    upload = changed(workbook(("url",), (A,)), b"</sheetData>", cell)
    assert len(upload) < 1 << 16
    assert "too big" in reason(upload)


@pytest.mark.parametrize("part", [b"<worksheet ", b"<workbook ", b"<styleSheet "])
def test_a_workbook_in_which_few_bytes_stand_for_many_is_refused(part: bytes) -> None:
    kind = part[1:-1]
    declared = b'<!DOCTYPE %b [<!ENTITY a "%b">]>%b' % (kind, b"x" * 9_000, part)
    assert "spreadsheet program" in reason(changed(workbook(("url",), (A,)), part, declared))


def test_a_part_of_a_workbook_does_not_fill_the_memory_under_another_name() -> None:
    renamed = changed(workbook(("url",), (A,)), b"workbook.xml", b"workbook.bin")
    assert [row[1] for row in rows_of(renamed)] == [A]
    assert "too big" in reason(changed(renamed, b"<workbook ", b" " * (17 << 20) + b"<workbook "))


def test_a_workbook_of_links_is_read() -> None:
    link = b'<hyperlink ref="A1" r:id="rId1" xmlns:r="r" xr="{00000000-0004-0000-0000-000000000000}"/>'
    upload = changed(workbook(("url",), (A,)), b"</sheetData>", b"</sheetData>" + link * 65_530)
    assert [row[1] for row in rows_of(upload)] == [A]


def test_nothing_of_a_read_file_waits_for_the_garbage_collector() -> None:
    gc.disable()
    try:
        normaliser = Normaliser(lambda _rows: None, "shops.csv")
        normaliser.feed(b"url\nhttps://example.com/1.jpg\n")
        normaliser.finish()
        normaliser.close()
        gone = weakref.ref(normaliser)
        del normaliser
        assert gone() is None
    finally:
        gc.enable()
