"""The documented requests and replies of the gateway: every key and type of spec/api.md."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.contract.gateway import CSV, Gateway, began, counted, create, data_of, database, ended

BATCH = {
    "batch_id": str,
    "batch_name": str,
    "total_urls": int,
    "chunk_size": int,
    "total_chunks": int,
    "processed_count": int,
    "successful_count": int,
    "failed_count": int,
    "current_chunk": int,
    "status": str,
    "created_at": str,
    "started_at": (str, type(None)),
    "completed_at": (str, type(None)),
    "estimated_completion": (str, type(None)),
    "processing_rate": float,
    "success_rate": float,
    "original_filename": str,
    "error_message": (str, type(None)),
    "retry_count": int,
    "cost": float,
    "units": int,
    "priority": str,
    "deleted_at": (str, type(None)),
    "purge_at": (str, type(None)),
}
DETAIL: dict[str, Any] = {
    "batch_info": {**BATCH, "is_active": bool},
    "progress": {
        "processed_count": int,
        "successful_count": int,
        "failed_count": int,
        "progress_percentage": float,
        "current_chunk": int,
        "total_chunks": int,
    },
    "timing": {"estimated_completion": (str, type(None)), "elapsed_time_minutes": int},
    "performance": {
        "processing_rate_per_minute": float,
        "success_rate": float,
        "average_time_per_url": float,
    },
}
PROGRESS = {
    "batch_id": str,
    "status": str,
    "progress_percentage": float,
    "processed_count": int,
    "total_urls": int,
    "successful_count": int,
    "failed_count": int,
    "current_chunk": int,
    "total_chunks": int,
    "estimated_completion": (str, type(None)),
    "processing_rate_per_minute": float,
    "is_active": bool,
}
CHUNK = {
    "chunk_id": str,
    "batch_id": str,
    "chunk_number": int,
    "urls": list,
    "url_count": int,
    "processed_count": int,
    "successful_count": int,
    "failed_count": int,
    "progress_percentage": float,
    "status": str,
    "queued_at": (str, type(None)),
    "started_at": (str, type(None)),
    "completed_at": (str, type(None)),
    "processing_time_seconds": (float, type(None)),
    "error_message": (str, type(None)),
    "worker_id": (str, type(None)),
}


def check(found: Any, shape: Mapping[str, Any]) -> None:
    for key, kind in shape.items():
        assert key in found, f"{key} is missing"
        if isinstance(kind, dict):
            check(found[key], kind)
        else:
            assert isinstance(found[key], kind), f"{key} is {found[key]!r}"


def check_error(reply: httpx.Response, status: int, error_type: str) -> None:
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert body["success"] is False
    assert body["error_type"] == error_type
    assert isinstance(body["error"], str)
    assert body["error"]
    assert body["request_id"] == reply.headers["x-request-id"]
    assert datetime.fromisoformat(body["timestamp"])


async def test_create_replies_as_documented(client: httpx.AsyncClient) -> None:
    reply = await client.post(
        "/api/v1/batches",
        files={"file": ("urls.csv", CSV)},
        data={"batch_name": "My Test Batch", "auto_start": "true", "chunk_size": "2"},
    )
    assert reply.status_code == 201
    body = reply.json()
    assert body["success"] is True
    assert body["message"] == "Batch created and processing started"
    assert body["timestamp"].endswith("Z")
    info = body["data"]["batch_info"]
    assert UUID(body["data"]["batch_id"])
    assert info["batch_name"] == "My Test Batch"
    assert (info["total_urls"], info["total_chunks"]) == (3, 2)
    assert (info["status"], info["auto_started"]) == ("QUEUED", True)


async def test_a_batch_that_is_not_started_is_pending(client: httpx.AsyncClient) -> None:
    batch_id = await create(client, auto_start="false")
    info = (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]
    assert (info["status"], info["is_active"], info["batch_name"]) == ("pending", True, "shops")


async def test_the_list_has_every_key_and_pages(client: httpx.AsyncClient) -> None:
    marker = uuid4().hex
    ids = [await create(client, batch_name=f"{marker} {n}") for n in range(3)]
    first = await data_of(client, "/api/v1/batches", q=marker, per_page=2)
    second = await data_of(client, "/api/v1/batches", q=marker, limit=2, page=2)
    assert [first[key] for key in ("count", "total", "page", "pages")] == [2, 3, 1, 2]
    assert second["count"] == 1
    check(first["batches"][0], {**BATCH, "progress_percentage": float})
    found = [UUID(batch["batch_id"]) for batch in first["batches"] + second["batches"]]
    assert found == ids[::-1], "newest first"


async def test_per_page_is_clamped_to_100(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/batches", params={"per_page": 5000})).status_code == 200


@pytest.mark.parametrize(
    ("desired", "started", "kind", "status"),
    [
        ("held", False, None, "pending"),
        ("running", False, None, "queued"),
        ("running", True, None, "processing"),
        ("paused", False, None, "paused"),
        ("paused", True, None, "paused"),
        ("running", True, "completed", "completed"),
        ("running", True, "failed", "failed"),
        ("paused", True, "completed", "completed"),
        ("cancelled", True, "cancelled", "cancelled"),
    ],
)
async def test_the_filter_and_the_status_agree(
    gateway: Gateway, client: httpx.AsyncClient, desired: str, started: bool, kind: str | None, status: str
) -> None:
    marker = uuid4().hex
    batch_id = await create(client, batch_name=marker)
    if started:
        await began(gateway, batch_id)
    if kind:
        await ended(gateway, batch_id, kind)
    async with database(gateway) as connection:
        await connection.execute(
            "update gateway.batches set desired = $2 where batch_id = $1", batch_id, desired
        )
    found = await data_of(client, "/api/v1/batches", q=marker, status=status.upper())
    assert [batch["status"] for batch in found["batches"]] == [status]
    for other in {"pending", "queued", "processing", "paused", "completed", "failed", "cancelled"} - {status}:
        assert (await data_of(client, "/api/v1/batches", q=marker, status=other))["total"] == 0


@pytest.mark.parametrize("path", ["/api/v1/batch/{}", "/api/v1/batches/{}", "/api/v1/batches/{}/status"])
async def test_detail_has_every_key_and_the_polling_header(client: httpx.AsyncClient, path: str) -> None:
    reply = await client.get(path.format(await create(client)))
    assert reply.status_code == 200
    check(reply.json()["data"], DETAIL)
    assert int(reply.headers["X-Polling-Interval"]) >= 1


async def test_progress_and_chunks_of_a_running_batch(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client, chunk_size="2")
    await began(gateway, batch_id, seconds_ago=60)
    await counted(gateway, batch_id, 1, successful=1, failed=1)
    progress = await data_of(client, f"/api/v1/batches/{batch_id}/progress")
    check(progress, PROGRESS)
    assert progress["status"] == "processing"
    assert (progress["processed_count"], progress["successful_count"], progress["failed_count"]) == (2, 1, 1)
    assert progress["progress_percentage"] == 66.66, "rounded down, so that 100 is said of the whole only"
    assert (progress["current_chunk"], progress["total_chunks"]) == (2, 2)
    assert 1.5 < progress["processing_rate_per_minute"] < 2.1
    assert progress["estimated_completion"].endswith("Z")

    chunks = await data_of(client, f"/api/v1/batches/{batch_id}/chunks")
    assert (chunks["total_chunks"], chunks["count"]) == (2, 2)
    first, second = chunks["chunks"]
    check(first, CHUNK)
    check(second, CHUNK)
    assert (first["status"], first["worker_id"]) == ("completed", "analyzer-2")
    assert first["error_message"].startswith("http_4xx (1 row)")
    assert (second["status"], second["url_count"]) == ("pending", 1)


async def test_a_chunks_addresses_are_read_back(client: httpx.AsyncClient) -> None:
    batch_id = await create(client, chunk_size="2")
    path = f"/api/v1/batches/{batch_id}/chunks"
    found = await data_of(client, path, chunk_number=2, include_urls=True)
    assert [chunk["urls"] for chunk in found["chunks"]] == [["none"]]
    check_error(await client.get(path, params={"include_urls": True}), 400, "ValidationError")


async def test_an_ended_batch_is_not_active(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client)
    await began(gateway, batch_id)
    await counted(gateway, batch_id, 1, successful=2, failed=1, cost=19_000, units=10)
    await ended(gateway, batch_id, "completed")
    progress = await data_of(client, f"/api/v1/batches/{batch_id}/progress")
    assert (progress["cost"], progress["units"]) == (0.019, 10)
    assert "<dd>0.02 <small>USD" in (await client.get(f"/batch/{batch_id}")).text
    assert (progress["status"], progress["is_active"]) == ("completed", False)
    assert (progress["progress_percentage"], progress["current_chunk"]) == (100.0, 1)
    assert progress["estimated_completion"] is None
    info = (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]
    assert info["completed_at"].endswith("Z")


async def test_control_goes_through_all_states_and_back(client: httpx.AsyncClient) -> None:
    batch_id = await create(client, auto_start="false")

    async def act(action: str) -> dict[str, Any]:
        reply = await client.post(f"/api/v1/batches/{batch_id}/{action}")
        assert reply.status_code == 200, reply.text
        data: dict[str, Any] = reply.json()["data"]
        assert (data["batch_id"], data["started"]) == (str(batch_id), True)
        return data

    assert (await act("start"))["status"] == "queued"
    paused = await act("pause")
    assert (paused["previous_status"], paused["status"], paused["paused"]) == ("queued", "paused", True)
    assert (await act("pause"))["changed"] is False
    assert (await act("resume"))["resumed"] is True
    assert (await act("cancel"))["cancelled"] is True
    assert (await act("cancel"))["changed"] is False
    for action in ("start", "pause", "resume"):
        refused = await client.post(f"/api/v1/batch/{batch_id}/{action}")
        check_error(refused, 400, "BatchStateError")


async def test_health_counts_keys_and_shows_none(client: httpx.AsyncClient) -> None:
    data = await data_of(client, "/api/v1/health")
    assert data["status"] == "healthy"
    assert {data[name] for name in ("database", "redis", "kafka")} == {"connected"}
    check(data["config"], dict.fromkeys(("chunk_size", "max_concurrent_batches", "api_keys_count"), int))
    assert data["config"]["max_concurrent_workers"] == 100


@pytest.mark.parametrize("batch_id", ["none", "00000000-0000-4000-8000-000000000000", "1" * 400])
async def test_unknown_and_malformed_ids_are_not_found(client: httpx.AsyncClient, batch_id: str) -> None:
    for path in (f"/api/v1/batch/{batch_id}", f"/api/v1/batches/{batch_id}/progress"):
        check_error(await client.get(path), 404, "BatchNotFound")
    check_error(await client.post(f"/api/v1/batches/{batch_id}/pause"), 404, "BatchNotFound")
    check_error(await client.get(f"/api/v1/export/batch/{batch_id}"), 404, "BatchNotFound")


async def test_every_other_error_is_in_the_envelope(client: httpx.AsyncClient) -> None:
    check_error(await client.get("/api/v1/nothing"), 404, "NotFound")
    check_error(await client.patch("/api/v1/batches"), 405, "MethodNotAllowed")
    check_error(await client.get("/api/v1/batches", params={"page": "x"}), 400, "ValidationError")
    check_error(await client.get("/api/v1/batches", params={"status": "odd"}), 400, "ValidationError")
    check_error(await client.post("/api/v1/batches", json={}), 400, "ValidationError")


@pytest.mark.parametrize(
    "params",
    [
        {"chunk_number": 2, "include_urls": True},
        {"chunk_number": 2**31, "include_urls": True},
        {"chunk_number": 10**30},
        {"page": 1_000_000, "per_page": 10_000},
    ],
)
async def test_chunks_beyond_the_end_are_an_empty_page(
    gateway: Gateway, client: httpx.AsyncClient, params: dict[str, int]
) -> None:
    batch_id = await create(client)
    async with database(gateway) as connection:
        await connection.execute(
            "update gateway.batches set rows_path = 'not to be read' where batch_id = $1", batch_id
        )
    found = await data_of(client, f"/api/v1/batches/{batch_id}/chunks", **params)
    assert (found["chunks"], found["count"]) == ([], 0)


async def test_a_search_for_what_no_name_can_hold_finds_by_the_rest(client: httpx.AsyncClient) -> None:
    marker = uuid4().hex
    await create(client, batch_name=marker)
    assert (await data_of(client, "/api/v1/batches", q=f"{marker[:9]}\0{marker[9:]}"))["total"] == 1
    assert (await client.get("/", params={"q": "\0"})).status_code == 200


async def test_exports_refuse_what_can_not_be(client: httpx.AsyncClient) -> None:
    path = f"/api/v1/export/batch/{await create(client)}"
    both = {"success_only": "true", "failed_only": "true"}
    check_error(await client.get(path, params=both), 400, "ValidationError")
    check_error(await client.get(path, params={"format": "pdf"}), 400, "ValidationError")
    check_error(await client.get(path), 503, "SystemError")


async def test_pages_are_guarded_and_render(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client, batch_name="<script>alert(1)</script>")
    for path in ("/", f"/batch/{batch_id}"):
        page = await client.get(path)
        assert page.status_code == 200
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<script>alert(1)" not in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
    missing = await client.get(f"/batch/{uuid4()}", headers={"Accept": "text/html"})
    assert missing.status_code == 404
    assert "Not found" in missing.text


async def test_the_upload_form_redirects_to_the_new_batch(client: httpx.AsyncClient) -> None:
    reply = await client.post("/upload", files={"file": ("a.csv", CSV)})
    assert reply.status_code == 303
    assert (await client.get(reply.headers["location"])).status_code == 200


async def test_another_sites_page_may_not_act(client: httpx.AsyncClient) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        reply = await client.post("/upload", files={"file": ("a.csv", CSV)}, headers=headers)
        check_error(reply, 403, "AuthError")


async def test_a_foreign_name_for_this_machine_is_refused(client: httpx.AsyncClient) -> None:
    check_error(await client.get("/api/v1/batches", headers={"Host": "evil.example"}), 403, "AuthError")
