"""Numbers and errors of batches and of the whole system, on tables as the other services write them."""

from collections.abc import Iterator
from uuid import UUID

import httpx
import pytest

from tests.contract.gateway import Gateway, began, counted, create, data_of, database, ended, running
from tests.servers import Servers


@pytest.fixture(scope="module")
def gateway(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One of its own: what is told of the whole system is what these tests made."""
    with running(servers, template, tmp_path_factory.mktemp("system"), 194) as started:
        yield started


async def failed_row(gateway: Gateway, batch_id: UUID, row_no: int, chunk_no: int, error_class: str) -> None:
    async with database(gateway) as connection:
        await connection.execute(
            "insert into exporter.results (batch_id, row_no, chunk_no, attempt, url, success, error_class,"
            " error_message, processing_time_seconds, cache_hit, created_at)"
            " values ($1, $2, $3, 1, 'https://x.test/1.jpg', false, $4, 'status 404', 0, false, now())",
            batch_id,
            row_no,
            chunk_no,
            error_class,
        )


async def test_errors_are_counted_by_class_with_an_example_of_the_first_chunk(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    csv = b"url\n" + b"https://example.com/1.jpg\n" * 30
    batch_id = await create(client, csv, chunk_size="10")
    clean = await data_of(client, f"/api/v1/batches/{batch_id}/analyze")
    assert (clean["total_errors"], clean["top_errors"]) == (0, [])
    await counted(gateway, batch_id, 1, successful=10, failed=0)
    for chunk_no in (2, 3):
        await counted(gateway, batch_id, chunk_no, successful=8, failed=2)
        await failed_row(gateway, batch_id, chunk_no * 10, chunk_no, "http_4xx")
    for prefix in ("batch", "batches"):
        found = await data_of(client, f"/api/v1/{prefix}/{batch_id}/analyze")
        assert found["total_errors"] == 4
        assert found["error_categories"] == {"network_errors": 4, "invalid_urls": 0, "processing_errors": 0}
        (top,) = found["top_errors"]
        assert (top["error_type"], top["count"], top["percentage"]) == ("http_4xx", 4, 100.0)
        assert top["example"]["row_no"] == 20
        assert top["example"]["error_message"] == "status 404"
        assert all(isinstance(advice, str) for advice in found["recommendations"])


async def test_the_stats_count_batches_rows_and_chunks(gateway: Gateway, client: httpx.AsyncClient) -> None:
    before = await data_of(client, "/api/v1/system/stats")
    csv = b"url\n" + b"https://example.com/1.jpg\n" * 40
    running, done, cancelled = [await create(client, csv, chunk_size="10") for _ in range(3)]
    async with database(gateway) as connection:
        await connection.execute("insert into gateway.wanted_chunks values ($1, 1, 3)", running)
        for batch_id, next_row in ((running, 22), (done, 41), (cancelled, 41)):
            await began(gateway, batch_id)
            await connection.execute(
                "update ingest.batches set next_row = $2 where batch_id = $1", batch_id, next_row
            )
        await connection.execute(
            "insert into monitor.rates values ($1, now() - interval '30 seconds', 100, 0, 0)", running
        )
    await counted(gateway, running, 1, successful=10, failed=0)
    await counted(gateway, running, 2, successful=4, failed=0)
    for chunk_no, successful in ((1, 10), (2, 10), (3, 10), (4, 0)):
        await counted(gateway, done, chunk_no, successful=successful, failed=10 - successful)
    await counted(gateway, cancelled, 1, successful=5, failed=0)
    await ended(gateway, done, "completed")
    await ended(gateway, cancelled, "cancelled")
    after = await data_of(client, "/api/v1/system/stats")

    def grown(name: str) -> int:
        return int(after[name] - before[name])

    assert [grown(name) for name in ("total_batches", "active_batches", "completed_batches")] == [3, 1, 1]
    assert grown("total_urls_processed") == 59
    queue = {name: after["queue_stats"][name] - before["queue_stats"][name] for name in after["queue_stats"]}
    assert queue == {"pending": 1, "processing": 2, "retrying": 1, "completed": 3, "failed": 1}
    assert 0 < after["overall_success_rate"] <= 100
    assert 150 < after["rows_per_minute"] < 250


async def test_the_stats_say_the_same_statuses_as_the_list(client: httpx.AsyncClient) -> None:
    counts = (await data_of(client, "/api/v1/system/stats"))["batches_by_status"]
    for status, number in counts.items():
        assert (await data_of(client, "/api/v1/batches", status=status))["total"] == number


async def out(gateway: Gateway, batch_id: UUID, *first_rows: int) -> None:
    """As ingest books what it hands out."""
    async with database(gateway) as connection:
        for first_row in first_rows:
            await connection.execute(
                "insert into ingest.slices (batch_id, first_row, last_row, chunk_no, first_byte, end_byte,"
                " log_partition, log_offset) values ($1, $2, $2, 1, 0, 9, 0, 0)",
                batch_id,
                first_row,
            )


async def stuck(gateway: Gateway, batch_id: UUID, first_row: int) -> None:
    """As the monitor writes it down."""
    async with database(gateway) as connection:
        await connection.execute(
            "insert into monitor.stuck values ($1, 1, $2, now() - interval '5 minutes',"
            " 'no analyzer is there to take it')",
            batch_id,
            first_row,
        )


async def asked(gateway: Gateway, batch_id: UUID) -> list[int]:
    async with database(gateway) as connection:
        rows = await connection.fetch(
            "select first_row from gateway.resets where batch_id = $1 order by first_row", batch_id
        )
        return [row["first_row"] for row in rows]


async def refused(client: httpx.AsyncClient, path: str, body: object) -> tuple[int, str]:
    reply = await client.post(path, json=body)
    assert reply.json()["success"] is False
    return reply.status_code, reply.json()["error_type"]


async def test_the_queue_tells_of_stuck_work_and_hands_it_out_again(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    quiet = await data_of(client, "/admin/queue/status")
    assert set(quiet["queue_stats"]) == {"pending", "processing", "retrying", "completed", "failed"}
    assert (quiet["total_stuck"], quiet["stuck_jobs"]) == (0, [])
    assert quiet["recommendations"] == ["Queue is operating normally"]
    batch_id = await create(client)
    path = f"/admin/batch/{batch_id}/reset"
    assert await refused(client, path, {"force": True}) == (400, "BatchStateError"), "it is queued"
    await began(gateway, batch_id)
    await out(gateway, batch_id, 1, 2)
    assert await refused(client, path, {}) == (400, "BatchStateError"), "it is not stuck"
    assert await refused(client, path, {"force": "yes"}) == (400, "ValidationError")
    assert await refused(client, path, {"hard": True}) == (400, "ValidationError")
    assert await asked(gateway, batch_id) == []
    forced = (await client.post(path, json={"force": True})).json()
    assert (forced["data"]["slices"], forced["data"]["stuck_jobs"]) == (2, 0)
    assert await asked(gateway, batch_id) == [0]
    await stuck(gateway, batch_id, 2)
    assert (await client.post(path)).json()["data"]["stuck_jobs"] == 1
    seen = await data_of(client, "/admin/queue/status")
    (job,) = seen["stuck_jobs"]
    assert (job["batch_id"], job["chunk_number"], job["first_row"]) == (str(batch_id), 1, 2)
    assert job["age_seconds"] >= 300
    assert "no analyzer" in job["why"]
    assert "Start analyzers, or look at why they end." in seen["recommendations"]
    again = await client.post(f"/admin/queue/stuck/{job['job_id']}/retry")
    assert (again.status_code, again.json()["data"]["slices"]) == (200, 1)
    assert await asked(gateway, batch_id) == [0, 2]
    button = f"/stuck/{job['job_id']}/retry"
    assert button in (await client.get("/admin")).text
    assert button not in (await client.get("/system/status")).text, "not every viewer may"
    for path in (button, f"/stuck/{batch_id}/retry"):
        pressed = await client.post(path)
        assert (pressed.status_code, pressed.headers["location"]) == (303, "/admin#stuck")
    for unknown in ("none", str(batch_id)):
        assert await refused(client, f"/admin/queue/stuck/{unknown}/retry", {}) == (404, "NotFound")


async def test_a_cleanup_removes_bookkeeping_of_old_ends_only(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    async def keyed(key: str) -> UUID:
        reply = await client.post(
            "/api/v1/batches",
            files={"file": ("a.csv", b"url\nhttps://example.com/1.jpg\n")},
            headers={"Idempotency-Key": key},
        )
        return UUID(reply.json()["data"]["batch_id"])

    old, fresh, running = [await keyed(f"cleanup-{name}") for name in ("old", "fresh", "running")]
    async with database(gateway) as connection:
        for batch_id in (old, fresh):
            await ended(gateway, batch_id, "completed")
        await connection.execute(
            "update lifecycle.terminal set at = now() - interval '30 hours' where batch_id = $1", old
        )
        for batch_id in (old, running):
            await connection.execute("insert into gateway.resets values ($1, 0)", batch_id)
    body = {"job_types": ["process_chunk", "chunk_processing"], "max_age_hours": 24, "clean_database": True}
    reply = await client.post("/admin/queue/cleanup", json=body)
    assert reply.status_code == 200, reply.text
    data = reply.json()["data"]
    assert data == {**body, "idempotency_keys": 1, "reset_requests": 1, "dispatch_rows": 0}
    async with database(gateway) as connection:
        kept = await connection.fetch(
            "select batch_id from gateway.idempotency_keys where key like 'cleanup-%'"
        )
    assert {row["batch_id"] for row in kept} == {fresh, running}
    assert (await asked(gateway, old), await asked(gateway, running)) == ([], [0])
    wrongs: list[dict[str, object]] = [
        {"job_types": ["x"]},
        {"job_types": []},
        {"max_age_hours": -1},
        {"age": 1},
    ]
    for wrong in wrongs:
        assert await refused(client, "/admin/queue/cleanup", wrong) == (400, "ValidationError")
