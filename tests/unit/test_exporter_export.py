"""The pure parts of an export: filter, header, file name."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exporter.export.columns import guarded, header, select_list
from services.exporter.export.filename import disposition, filename
from services.exporter.export.filters import BadFilter, Filter, condition, from_query

TEXT = st.text(max_size=40)


def test_the_header_has_the_documented_columns_in_order() -> None:
    assert header(False, ["city"]) == (
        b"url,success,store_image,text_content,store_name,business_contact,image_description,error_message,"
        b"created_at,city\n"
    )
    names = header(True, []).decode().strip().split(",")
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


@given(st.lists(TEXT.filter(lambda name: "\r" not in name), max_size=5))
def test_hostile_column_names_come_back_whole_and_stay_out_of_the_sql(names: list[str]) -> None:
    (row,) = csv.reader(io.StringIO(header(False, names).decode(), newline=""))
    assert row[9:] == [guarded(name) for name in names]
    assert all(name not in select_list(True, len(names)) for name in names if len(name) > 8 and " " in name)


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


@pytest.mark.parametrize(
    ("wanted", "sql"),
    [
        (Filter(), "true"),
        (Filter(success_only=True), "r.success"),
        (Filter(failed_only=True), "not r.success"),
    ],
)
def test_a_filter_is_one_condition(wanted: Filter, sql: str) -> None:
    assert condition(wanted) == sql


def test_a_query_gives_a_filter() -> None:
    assert from_query({"metadata": "False", "success_only": "1", "format": "csv"}) == Filter(
        False, True, False
    )
    assert from_query({"metadata": ""}) == Filter()


@pytest.mark.parametrize("query", [{"metadata": "maybe"}, {"success_only": "true", "failed_only": "true"}])
def test_a_filter_that_makes_no_sense_says_why(query: dict[str, str]) -> None:
    with pytest.raises(BadFilter):
        from_query(query)


def test_an_unfinished_batch_says_so_in_the_file_name() -> None:
    assert filename("shops", 5, 5) == "shops-results.csv"
    assert filename("shops", 3, 5) == "shops-results-partial-3-of-5.csv"


@given(TEXT)
def test_no_batch_name_breaks_the_header_or_leaves_the_folder(name: str) -> None:
    value = disposition(filename(name, 1, 1))
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert "/" not in value
    assert "\\" not in value
    assert 'filename=".' not in value
