"""Downloads through gateway and exporter: the document's requests, what is told before and after them, and
that none looks whole which is not."""

import asyncio
import csv
import gzip
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import openpyxl
import pytest
from aiohttp import web
from arro3.io import read_parquet

from dev.ports import free_port
from services.exporter.export.route import export_route
from services.exporter.storing import store
from shared.error_classes import ErrorClass
from shared.exporting import MEDIA_TYPES, PATH, Format
from shared.ops import Health, serve
from tests.contract.gateway import Gateway, create, data_of, database, running
from tests.integration.results_world import result
from tests.servers import Servers

MOST_ROWS = 2_500
RECORD: dict[str, Any] = {
    "url": str,
    "success": bool,
    "store_image": (bool, type(None)),
    "text_content": (str, type(None)),
    "store_name": (str, type(None)),
    "business_contact": (str, type(None)),
    "image_description": (str, type(None)),
    "error_message": (str, type(None)),
    "created_at": str,
}
PORT = free_port()


@pytest.fixture(scope="module")
def gateway(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("exports")
    exporter = f"http://127.0.0.1:{PORT}"
    with running(servers, template, folder, 192, EXPORTER_URL=exporter) as started:
        yield started


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """While the exporter serves."""
    async with (
        asyncpg.create_pool(gateway.database_url, min_size=1, max_size=8) as pool,
        serve("127.0.0.1", PORT, Health(), [export_route(pool, MOST_ROWS)]),
        gateway.client() as made,
    ):
        yield made


async def batch_of(gateway: Gateway, client: httpx.AsyncClient, rows: int = 3, **fields: str) -> UUID:
    """With a result for each row: every third failed, the first of a shop."""
    lines = "".join(f"https://example.com/{number}.jpg,Leeds\n" for number in range(1, rows + 1))
    batch = await create(client, f"url,branch\n{lines}".encode(), **fields)
    results = [
        result(
            batch,
            number,
            extra={"branch": "Leeds"},
            store_name="Ada's" if number == 1 else None,
            business_contact="ada@example.com" if number == 1 else None,
            error_class=ErrorClass.DNS if number % 3 == 0 else None,
        )
        for number in range(1, rows + 1)
    ]
    async with database(gateway) as connection:
        await store(connection, results)
    return batch


def table(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode())))


def numbers(file: bytes) -> list[str]:
    return [row["row_no"] for row in table(file)]


async def test_a_batch_comes_in_every_format_to_api_and_page(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch = await batch_of(gateway, client, batch_name="shops")
    for path in (f"/api/v1/export/batch/{batch}", f"/export/batch/{batch}"):
        for kind, media in MEDIA_TYPES.items():
            reply = await client.get(path, params={"format": kind})
            head = await client.head(path, params={"format": kind})
            assert (reply.status_code, head.status_code, head.content) == (200, 200, b"")
            for name in ("content-type", "content-disposition"):
                assert reply.headers[name] == head.headers[name]
            assert reply.headers["content-type"].startswith(media)
            assert f"shops-results.{kind}" in reply.headers["content-disposition"]
            assert row_numbers(kind, reply.content) == ["1", "2", "3"]


def row_numbers(kind: Format, file: bytes) -> list[str]:
    match kind:
        case Format.CSV:
            return numbers(file)
        case Format.CSV_GZ:
            return numbers(gzip.decompress(file))
        case Format.JSON:
            return [str(record["row_no"]) for record in json.loads(file)]
        case Format.NDJSON:
            return [str(json.loads(line)["row_no"]) for line in file.splitlines()]
        case Format.PARQUET:
            return [str(number) for number in read_parquet(file).read_all()["row_no"].to_pylist()]
        case Format.XLSX:
            header, *rows = openpyxl.load_workbook(io.BytesIO(file))["Results"].values
            return [str(int(row[header.index("row_no")])) for row in rows]


async def test_columns_are_chosen_everywhere_and_unknown_ones_refused(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch = await batch_of(gateway, client, batch_name="shops")
    path = f"/api/v1/export/batch/{batch}"
    bodies: dict[str, dict[str, Any]] = {
        "/api/v1/export/filtered": {"filters": {"batch_ids": [str(batch)]}},
        "/api/v1/export/batches/multiple": {"batch_ids": [str(batch)]},
    }
    chosen = ["branch", "row_no", "url"]
    file = (await client.get(path, params={"columns": ",".join(chosen), "metadata": "false"})).content
    assert list(table(file)[0]) == chosen
    found = await data_of(client, f"{path}/preview", columns='row_no,"branch"')
    assert [list(record) for record in found["preview_records"]] == [["row_no", "branch"]] * 3
    for address, body in bodies.items():
        reply = await client.post(address, json={**body, "columns": chosen})
        assert reply.status_code == 200, reply.text
        content = reply.content
        if address.endswith("multiple"):
            content = zipfile.ZipFile(io.BytesIO(content)).read("shops-results.csv")
        assert list(table(content)[0]) == chosen
    for columns in (["colour"], ["url", "url"], [""], ["\0"]):
        replies = [
            await client.post(address, json={**body, "columns": columns}) for address, body in bodies.items()
        ]
        if columns != [""]:
            replies.append(await client.get(path, params={"columns": ",".join(columns)}))
        for reply in replies:
            assert (reply.status_code, reply.json()["error_type"]) == (400, "ValidationError"), columns
        if columns == ["colour"]:
            assert all("store_name" in reply.json()["error"] for reply in replies)


async def test_csv_for_excel_begins_with_a_byte_order_mark(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    path = f"/api/v1/export/batch/{await batch_of(gateway, client)}"
    plain, marked, packed = [
        (await client.get(path, params=query)).content
        for query in ({}, {"excel": "true"}, {"excel": "true", "format": "csv.gz"})
    ]
    assert marked == gzip.decompress(packed) == b"\xef\xbb\xbf" + plain
    reply = await client.get(path, params={"excel": "true", "format": "json"})
    assert (reply.status_code, "csv.gz" in reply.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"success_only": "true"}, ["1", "2"]),
        ({"failed_only": "true", "error_class": "dns"}, ["3"]),
        ({"has_store_name": "true", "has_contact": "true"}, ["1"]),
        ({"has_store_name": "false", "end_date": "2100-01-01"}, ["1", "2", "3"]),
        ({"start_date": "2100-01-01T00:00:00Z"}, []),
        ({"from_row": "2", "to_row": "2"}, ["2"]),
    ],
)
async def test_filters_choose_the_same_rows_for_a_download_and_its_preview(
    gateway: Gateway, client: httpx.AsyncClient, query: dict[str, str], expected: list[str]
) -> None:
    batch = await batch_of(gateway, client)
    path = f"/api/v1/export/batch/{batch}"
    assert numbers((await client.get(path, params=query)).content) == expected
    found = await data_of(client, f"{path}/preview", **query)
    assert [str(record["row_no"]) for record in found["preview_records"]] == expected
    assert (found["total_records_shown"], found["is_preview"]) == (len(expected), True)
    assert set(found["filters_applied"]) == {name for name, value in query.items() if value != "false"}
    for record in found["preview_records"]:
        for name, kind in RECORD.items():
            assert isinstance(record[name], kind), name


async def test_a_preview_is_the_first_hundred(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch = await batch_of(gateway, client, 120)
    found = await data_of(client, f"/api/v1/export/batch/{batch}/preview", metadata="false", format="xlsx")
    assert found["total_records_shown"] == len(found["preview_records"]) == 100
    assert list(found["preview_records"][0]) == [*RECORD, "branch"]


async def test_a_summary_measures_the_sizes_of_downloads(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch = await batch_of(gateway, client, 900)
    found = await data_of(client, f"/api/v1/export/batch/{batch}/summary")
    assert found["batch_info"].keys() == {"batch_id", "batch_name", "status", "created_at"}
    assert found["export_summary"] == {
        "total_results": 900, "successful_results": 600, "failed_results": 300, "success_rate": 66.66,
        "cost": 0.0, "units": 0,
    }  # fmt: skip
    assert found["available_filters"]["failed_only"] == "300 records"
    assert found["available_filters"].keys() == {
        "success_only",
        "failed_only",
        "has_store_name",
        "has_contact",
    }
    for kind, estimate in found["estimated_sizes_mb"].items():
        file = (await client.get(f"/api/v1/export/batch/{batch}", params={"format": kind})).content
        # The further rows of this batch are packed into almost nothing: no sample tells that.
        allowed = 0.25 if kind in ("csv", "json", "ndjson") else 0.6
        assert abs(estimate - len(file) / 2**20) < allowed * estimate, kind
    empty = await data_of(client, f"/api/v1/export/batch/{await create(client)}/summary")
    assert empty["export_summary"]["success_rate"] == 0.0
    assert {type(size) for size in empty["estimated_sizes_mb"].values()} == {float}


async def test_several_batches_come_as_a_zip(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batches = [await batch_of(gateway, client, batch_name="same") for _ in range(2)]
    ids = [str(batch) for batch in batches]
    body: dict[str, Any] = {"batch_ids": ids, "format": "csv", "metadata": True}
    reply = await client.post("/api/v1/export/batches/multiple", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.namelist() == ["same-results.csv", "same-results-2.csv"]
        for name, batch in zip(archive.namelist(), ids, strict=True):
            assert {row["batch_id"] for row in table(archive.read(name))} == {batch}
    reply = await client.post(
        "/api/v1/export/batches/multiple", json={**body, "filters": {"failed_only": True}}
    )
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert [numbers(archive.read(name)) for name in archive.namelist()] == [["3"], ["3"]]
    for missing in (str(uuid4()), "none"):
        reply = await client.post(
            "/api/v1/export/batches/multiple", json={**body, "batch_ids": [*ids, missing]}
        )
        assert (reply.status_code, reply.json()["error_type"]) == (404, "BatchNotFound")
        assert missing in reply.json()["error"]


async def test_filters_over_batches_take_ids_and_names(gateway: Gateway, client: httpx.AsyncClient) -> None:
    name = uuid4().hex
    first, second = await batch_of(gateway, client, batch_name=name), await batch_of(gateway, client)
    await batch_of(gateway, client)
    filters = {"batch_ids": [name, str(second).upper(), "no such", "\0"], "success_only": True}
    reply = await client.post("/api/v1/export/filtered", json={"filters": filters, "limit": 3})
    assert reply.status_code == 200, reply.text
    assert [(row["batch_id"], row["row_no"]) for row in table(reply.content)] == [
        (str(first), "1"), (str(first), "2"), (str(second), "1")
    ]  # fmt: skip
    reply = await client.post("/api/v1/export/filtered", json={"filters": {"batch_ids": []}})
    assert table(reply.content) == []


@pytest.mark.parametrize("path", ["/api/v1/export/filtered", "/api/v1/export/batches/multiple"])
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"colour": 1}', b'{"format": "pdf"}', b'{"filters": 7, "batch_ids": 7}', b"\xff"]
)
async def test_bodies_that_can_not_be_are_refused(client: httpx.AsyncClient, path: str, body: bytes) -> None:
    reply = await client.post(path, content=body)
    assert (reply.status_code, reply.json()["error_type"]) == (400, "ValidationError")


async def test_too_many_rows_are_refused_with_their_number_and_what_makes_them_fit(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    path = f"/api/v1/export/batch/{await batch_of(gateway, client, MOST_ROWS + 1)}"
    for kind in Format:
        reply = await client.get(path, params={"format": kind})
        assert reply.status_code == 413
        assert "2,501 rows" in reply.json()["error"]
        assert "from_row" in reply.json()["error"]
        assert "POST /api/v1/exports" in reply.json()["error"]
    assert (await client.head(path)).status_code == 413
    assert (await client.get(path, params={"to_row": str(MOST_ROWS)})).status_code == 200
    assert (await client.post("/api/v1/export/filtered", json={})).status_code == 413


async def test_what_is_told_of_formats_and_templates(client: httpx.AsyncClient) -> None:
    found = await data_of(client, "/api/v1/export/formats")
    assert found["default_format"] == "csv"
    assert [kind["file_extension"] for kind in found["supported_formats"].values()] == [
        f".{kind}" for kind in Format
    ]
    for path in ("/api/v1/export/template", "/export/template"):
        for kind in ("csv", "xlsx"):
            reply = await client.get(path, params={"format": kind})
            assert f".{kind}" in reply.headers["content-disposition"]
            batch = await create(client, reply.content)
            assert (await data_of(client, f"/api/v1/batches/{batch}/progress"))["total_urls"] == 3
        for kind in ("json", "pdf"):
            refused = await client.get(path, params={"format": kind})
            assert (refused.status_code, "csv or xlsx" in refused.text) == (400, True)
    assert (await client.head("/api/v1/export/template")).status_code == 200


async def test_only_completed_downloads_are_counted(gateway: Gateway, client: httpx.AsyncClient) -> None:
    path = f"/api/v1/export/batch/{await batch_of(gateway, client)}"
    async with database(gateway) as connection:
        await connection.execute(
            "insert into gateway.exports_made values ((now() at time zone 'UTC')::date - 1, 'xlsx', 7, 0)"
        )
    before = await data_of(client, "/api/v1/export/statistics")
    assert before["total_exports"] == before["exports_today"] + 7, "today is the UTC day"
    assert sum(before["popular_formats"].values()) == 100
    await client.head(path)
    await client.get(f"{path}/preview")
    await client.get(f"{path}/summary")
    file = (await client.get(path, headers={"Accept-Encoding": "identity"})).content
    async with asyncio.timeout(10):
        while (after := await data_of(client, "/api/v1/export/statistics")) == before:
            await asyncio.sleep(0.05)
    assert after["total_exports"] == before["total_exports"] + 1
    assert after["exports_today"] == before["exports_today"] + 1
    sizes = [found["average_export_size_mb"] * found["total_exports"] for found in (before, after)]
    assert sizes[1] - sizes[0] == pytest.approx(len(file) / 2**20, abs=1e-4 * after["total_exports"])


async def test_a_cut_file_never_looks_whole_or_counts(gateway: Gateway) -> None:
    async def export(request: web.Request) -> web.StreamResponse:
        """Sends a part of a file and is gone."""
        response = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await response.prepare(request)
        await response.write(b"url,success\n" * 100)
        assert request.transport is not None
        request.transport.abort()
        return response

    async with gateway.client() as client, serve("127.0.0.1", PORT, Health(), [web.post(PATH, export)]):
        before = await data_of(client, "/api/v1/export/statistics")
        path = f"/api/v1/export/batch/{await create(client)}"
        for encoding in ("identity", "gzip"):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(path, headers={"Accept-Encoding": encoding})
        assert await data_of(client, "/api/v1/export/statistics") == before
