"""The pure parts of an export: filter, header, file name."""

import csv
import gzip
import io
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exporter.export.archive import gzip_compressor
from services.exporter.export.columns import (
    UnknownColumns,
    cells,
    guarded,
    header,
    names_of,
    record,
    sheet_row,
)
from services.exporter.export.filename import apart, filename
from services.exporter.export.parquet import rows_of_group
from services.exporter.export.plan import Facts, at_most
from services.exporter.export.workbook import column_letters, text_of
from shared.exporting import disposition
from shared.filters import Filters
from shared.wire import CUT_MARK

TEXT = st.text(max_size=40)


def batch_of(total: int, processed: int = 0, successful: int = 0, name: str = "shops") -> Facts:
    return Facts(uuid4(), name, (), total, 2_000, processed, successful, processed - successful, 0, 0)


def test_the_header_has_the_documented_columns_in_order() -> None:
    assert header(names_of(None, False, ["city"])) == (
        b"url,success,store_image,text_content,store_name,business_contact,image_description,error_message,"
        b"created_at,city\n"
    )
    names = header(names_of(None, True, [])).decode().strip().split(",")
    assert names[9:] == [
        "result_id",
        "batch_id",
        "chunk_id",
        "row_no",
        "processing_time_seconds",
        "api_key_used",
        "cache_hit",
        "gemini_model_used",
        "analysis_result",
    ]


@given(st.lists(st.integers(0, 400_000), max_size=8))
def test_the_same_bytes_are_compressed_to_the_same_file_however_they_come(cuts: list[int]) -> None:
    content = "".join(f"https://example.com/{number}.jpg,{number**9}\n" for number in range(9_000)).encode()
    ends = sorted({*(min(cut, len(content)) for cut in cuts), len(content)})
    whole, pieces = gzip_compressor(), gzip_compressor()
    expected = whole.compress(content) + whole.flush()
    starts = [0, *ends[:-1]]
    found = [pieces.compress(content[start:end]) for start, end in zip(starts, ends, strict=True)]
    assert b"".join(found) + pieces.flush() == expected
    assert gzip.decompress(expected) == content


@given(st.lists(TEXT.filter(lambda name: "\r" not in name), max_size=5))
def test_hostile_column_names_come_back_whole_and_stay_out_of_the_sql(names: list[str]) -> None:
    (row,) = csv.reader(io.StringIO(header(names_of(None, False, names)).decode(), newline=""))
    assert row[9:] == [guarded(name) for name in names]
    assert all(
        name not in "".join(sql(names_of(None, True, names)) for sql in (cells, record, sheet_row))
        for name in names
        if len(name) > 8 and " " in name
    )


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\rx", "  =1", "\n=1", " -1"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(cell: str) -> None:
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize(
    "cell", ["", "a=b", "-1", "+15551234567", "-1.5e-3", "+.5", "12.", "Corner Shop", "'=1"]
)
def test_numbers_phone_numbers_and_plain_text_are_left_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell


def test_an_unfinished_batch_says_so_in_the_file_name() -> None:
    assert filename(batch_of(5, processed=5), "csv") == "shops-results.csv"
    assert filename(batch_of(5, processed=3), "xlsx") == "shops-results-partial-3-of-5.xlsx"


@given(TEXT)
def test_no_batch_name_breaks_the_header_or_leaves_the_folder(name: str) -> None:
    value = disposition(filename(batch_of(1, processed=1, name=name), "csv"))
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert "/" not in value
    assert "\\" not in value
    assert 'filename=".' not in value


@given(st.lists(st.sampled_from(["a.csv", "A.csv", "a-2.csv", "b.csv"])))
def test_files_of_a_zip_have_names_of_their_own(files: list[str]) -> None:
    named = list(apart(files))
    assert len({name.casefold() for name in named}) == len(files)
    assert all(
        name.endswith(".csv") and name.startswith(file[:-4]) for name, file in zip(named, files, strict=True)
    )


@given(st.data())
def test_the_counters_never_promise_fewer_rows_than_there_are(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=30))
    success = data.draw(st.sampled_from([True, False, None]))
    ends = st.none() | st.integers(1, 40)
    first, last = data.draw(ends), data.draw(ends)
    batch = batch_of(len(rows), sum(row is not None for row in rows), sum(row is True for row in rows))
    there = [
        row
        for number, row in enumerate(rows, 1)
        if row is not None and success in (None, row) and (first or 1) <= number <= (last or 40)
    ]
    assert at_most([batch], Filters(success=success, from_row=first, to_row=last)) >= len(there)
    assert at_most([batch], Filters(success=success)) == sum(
        row is not None and success in (None, row) for row in rows
    )


def test_wanted_columns_come_in_their_order_and_unknown_ones_are_told() -> None:
    assert names_of(["city", "url"], True, ["city"]) == ("city", "url")
    with pytest.raises(UnknownColumns, match=r"no column 'colour'.*store_name.*city"):
        names_of(["url", "colour"], False, ["city"])


def test_a_text_fits_a_cell() -> None:
    assert text_of("a\r\nb\x00\x0b\t\uffff") == "a\nb\t"
    for letter in ("x", "é", "😀"):
        cut = text_of(letter * 40_000)
        assert len(cut.encode("utf-16-le")) // 2 <= 32_767
        assert cut.endswith(CUT_MARK)
        assert text_of(letter * 16_383) == letter * 16_383


def test_columns_of_a_sheet_are_counted_in_letters() -> None:
    assert [column_letters(number) for number in (1, 26, 27, 702, 703, 16_384)] == [
        "A", "Z", "AA", "ZZ", "AAA", "XFD"
    ]  # fmt: skip


def test_wide_rows_make_small_groups() -> None:
    assert rows_of_group(b"x" * 1_000 + b"\n") == 10_000
    assert rows_of_group((b"x" * 99_999 + b"\n") * 2) == (16 << 20) // 100_000
    assert rows_of_group(b"x" * (1 << 20)) == 64
    assert rows_of_group(b"") == 10_000
