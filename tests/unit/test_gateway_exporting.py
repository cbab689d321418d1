"""Downloads: what is asked for, what a refusal becomes, what is said of those that were made."""

import csv
import io
from uuid import uuid4

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.errors import ApiError, BatchNotFound, ValidationError
from services.gateway.exporting.asked import Filtered, Several, of_batch, of_filtered, of_several
from services.gateway.exporting.made import shares
from services.gateway.exporting.sizes import estimate, spread
from services.gateway.exporting.template import template, template_format
from services.gateway.exporting.upstream import refusal_of
from services.gateway.json_body import parsed
from shared.exporting import Export, Format, Shape
from shared.filters import Filters


def test_an_exporter_that_is_full_or_cut_off_is_unavailable_for_a_while() -> None:
    error = refusal_of(503, "Too many.")
    assert (error.status, error.error_type, error.message) == (503, "SystemError", "Too many.")
    assert int(error.headers["Retry-After"]) > 0


def test_too_many_rows_and_unknown_batches_are_told_in_the_exporters_words() -> None:
    assert (refusal_of(413, "5 rows.").status, refusal_of(413, "5 rows.").message) == (413, "5 rows.")
    assert refusal_of(404, "None.").error_type == "BatchNotFound"


def test_any_other_refusal_is_a_failed_export() -> None:
    error = refusal_of(500, "secret")
    assert (error.status, error.error_type, error.headers) == (500, "ExportError", {})
    assert "secret" not in error.message


def test_a_query_is_an_export_of_one_batch() -> None:
    batch = uuid4()
    query = {"format": "XLSX", "metadata": "no", "failed_only": "true"}
    assert of_batch(batch, query) == Export(
        batches=(str(batch),), format=Format.XLSX, metadata=False, filters=Filters(success=False)
    )
    assert of_batch(batch, {"format": "", "metadata": ""}) == Export(batches=(str(batch),))


def test_the_documents_bodies_are_taken() -> None:
    one, two = str(uuid4()), str(uuid4())
    body = f'{{"batch_ids": ["{one}", "{two.upper()}", "{one}"], "format": "csv", "metadata": true}}'
    assert of_several(parsed(body.encode(), Several)) == Export(batches=(one, two), shape=Shape.ZIP)
    document = b"""{"filters": {"batch_ids": ["batch1", "batch2"], "start_date": "2025-11-01T00:00:00Z",
        "end_date": "2025-11-02T23:59:59Z", "success_only": true}, "format": "xlsx", "limit": 10000}"""
    export = of_filtered(parsed(document, Filtered))
    assert (export.batches, export.shape, export.limit) == (("batch1", "batch2"), Shape.TOGETHER, 10_000)
    assert (export.format, export.filters.success) == (Format.XLSX, True)
    assert of_filtered(parsed(b"", Filtered)).batches is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"filters": {"success_only": true, "failed_only": true}}', ValidationError),
        (b'{"filters": {"colour": 1}}', ValidationError),
        (b'{"filters": {"success_only": "yes"}}', ValidationError),
        (b'{"filters": null}', ValidationError),
        (b'{"limit": 0}', ValidationError),
        (b'{"limit": 1e30}', ValidationError),
        (b'{"limit": true}', ValidationError),
        (b'{"format": "pdf"}', ValidationError),
        (b'{"rows": [1]}', ValidationError),
    ],
)
def test_bodies_that_make_no_sense_are_refused(body: bytes, error: type[ApiError]) -> None:
    with pytest.raises(error):
        of_filtered(parsed(body, Filtered))


@pytest.mark.parametrize(
    ("ids", "error"), [([], ValidationError), (["x"], BatchNotFound), ([str(uuid4())] * 101, ValidationError)]
)
def test_a_zip_is_of_one_to_a_hundred_batches(ids: list[str], error: type[ApiError]) -> None:
    with pytest.raises(error):
        of_several(Several(batch_ids=ids))


def test_a_name_that_no_batch_can_have_is_left_out() -> None:
    assert of_filtered(parsed(b'{"filters": {"batch_ids": ["a\\u0000", "b", "b"]}}', Filtered)).batches == (
        "b",
    )


@given(st.dictionaries(st.sampled_from(Format).map(str), st.integers(0, 10**9)))
def test_shares_of_formats_sum_to_a_hundred_and_each_is_within_one_of_its_own(
    exports: dict[str, int],
) -> None:
    found, total = shares(exports), sum(exports.values())
    assert list(found) == list(Format)
    assert sum(found.values()) == (100 if total else 0)
    for name, number in exports.items():
        assert abs(found[name] - (number * 100 / total if total else 0)) < 1


@given(st.integers(1, 300), st.integers(1, 10**9))
def test_a_sample_is_spread_over_all_rows(rows: int, total: int) -> None:
    numbers = spread(rows, total)
    assert len(set(numbers)) == len(numbers) == min(rows, total)
    assert 1 == numbers[0] <= numbers[-1] <= total


def test_an_estimate_of_what_was_sampled_whole_is_its_size() -> None:
    assert estimate(5_000, 9_000, 40, 40) == 9_000
    assert estimate(5_000, 9_000, 40, 400) == 9_000 + 200 * 360


def test_templates_are_what_an_upload_takes() -> None:
    rows = [row["url"] for row in csv.DictReader(io.StringIO(template(Format.CSV).decode()))]
    assert len(rows) == 3
    images, instructions = openpyxl.load_workbook(io.BytesIO(template(Format.XLSX)))
    assert [row[0] for row in images.iter_rows(values_only=True)] == ["url", *rows]
    assert images.title in instructions["A1"].value
    with pytest.raises(ValidationError):
        template_format("json")
