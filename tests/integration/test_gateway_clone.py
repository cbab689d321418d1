"""Clones through the gateway: a batch of its own, from the same rows."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.exporter.storing import store
from tests.contract.gateway import CSV, Gateway, began, create, data_of, database, ended
from tests.integration.results_world import result


async def batch_row(gateway: Gateway, batch_id: UUID | str) -> dict[str, Any]:
    async with database(gateway) as connection:
        row = await connection.fetchrow(
            "select * from gateway.batches where batch_id = $1", UUID(str(batch_id))
        )
    assert row is not None
    return dict(row)


async def test_a_clone_is_held_and_has_the_rows_of_its_source(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    source = await create(client, batch_name="Shops", chunk_size="2", priority="high")
    reply = await client.post(f"/api/v1/batches/{source}/clone")
    assert reply.status_code == 201, reply.text
    data = reply.json()["data"]
    assert data["source_batch_id"] == str(source)
    assert data["batch_info"] == {
        "batch_name": "Shops (copy)",
        "total_urls": 3,
        "total_chunks": 2,
        "status": "PENDING",
        "auto_started": False,
        "chunk_size": 2,
        "priority": "high",
        "original_filename": "shops.csv",
    }
    mine, its = await batch_row(gateway, data["batch_id"]), await batch_row(gateway, source)
    same = ("total_urls", "chunk_size", "columns", "region", "weight", "original_filename")
    assert [mine[name] for name in same] == [its[name] for name in same]
    assert mine["copied_from"] is None
    for name in ("rows_path", "upload_path"):
        assert mine[name] != its[name]
        assert (gateway.blobs / mine[name]).read_bytes() == (gateway.blobs / its[name]).read_bytes()
    info = (await data_of(client, f"/api/v1/batch/{data['batch_id']}"))["batch_info"]
    assert (info["status"], info["processed_count"]) == ("pending", 0)


async def test_a_clone_takes_a_name_and_starts_when_told(gateway: Gateway, client: httpx.AsyncClient) -> None:
    source = await create(client, force_refresh="yes")
    body = {"new_name": " Läden\n<b>\0 ", "auto_start": True, "copy_results": False}
    data = (await client.post(f"/api/v1/batches/{source}/clone", json=body)).json()["data"]
    assert data["batch_info"]["batch_name"] == "Läden <b>"
    assert (data["batch_info"]["status"], data["batch_info"]["auto_started"]) == ("QUEUED", True)
    own, made = [await batch_row(gateway, one) for one in (source, data["batch_id"])]
    assert made["fresh_since"] > own["fresh_since"] is not None
    long = await client.post(f"/api/v1/batches/{source}/clone", json={"new_name": "x" * 10_000})
    assert len(long.json()["data"]["batch_info"]["batch_name"]) == 200


async def test_results_are_copied_of_a_batch_that_has_them_all(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    source = await create(client)
    early = await client.post(f"/api/v1/batches/{source}/clone", json={"copy_results": True})
    assert (early.status_code, early.json()["error_type"]) == (400, "BatchStateError")
    assert "0 of 3 rows" in early.json()["error"]
    await began(gateway, source)
    async with database(gateway) as connection, connection.transaction():
        await store(connection, [result(source, row) for row in (1, 2, 3)])
    await ended(gateway, source, "completed")
    data = (await client.post(f"/api/v1/batches/{source}/clone", json={"copy_results": True})).json()["data"]
    assert data["batch_info"]["auto_started"] is True
    made = await batch_row(gateway, data["batch_id"])
    assert (made["copied_from"], made["desired"]) == (source, "running")


@pytest.mark.parametrize(
    "body", [b'{"new_nam": "x"}', b'{"copy_results": "yes"}', b"[]", b"{", b'{"new_name": 7}']
)
async def test_a_wrong_body_makes_nothing(gateway: Gateway, client: httpx.AsyncClient, body: bytes) -> None:
    source = await create(client)
    before = len(gateway.blob_files())
    reply = await client.post(f"/api/v1/batches/{source}/clone", content=body)
    assert (reply.status_code, reply.json()["error_type"]) == (400, "ValidationError")
    assert len(gateway.blob_files()) == before


async def test_what_is_not_there_is_not_cloned_and_leaves_nothing(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    missing = await client.post(f"/api/v1/batches/{uuid4()}/clone")
    assert (missing.status_code, missing.json()["error_type"]) == (404, "BatchNotFound")
    source = await create(client, CSV)
    row = await batch_row(gateway, source)
    (gateway.blobs / row["rows_path"]).unlink()
    before = len(gateway.blob_files())
    gone = await client.post(f"/api/v1/batches/{source}/clone")
    assert (gone.status_code, gone.json()["error_type"]) == (500, "ProcessingError")
    assert "can no longer be read" in gone.json()["error"]
    assert len(gateway.blob_files()) == before
