"""Numbers and errors of batches and of the whole system, on tables as the other services write them."""

from uuid import UUID

import httpx

from tests.contract.gateway import Gateway, began, counted, create, data_of, database, ended


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
