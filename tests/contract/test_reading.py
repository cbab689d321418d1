"""Reading: what is polled, what is stuck, the reply's compression."""

import gzip
from uuid import uuid4

import httpx
import pytest
import zstandard

from tests.contract.gateway import Gateway, began, counted, create, data_of, database


async def test_ping_answers(client: httpx.AsyncClient) -> None:
    assert await data_of(client, "/api/v1/ping") == {"pong": True}


async def test_stuck_work_says_where_since_when_and_why(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client, batch_name="late")
    async with database(gateway) as connection:
        await connection.execute(
            "insert into monitor.stuck (batch_id, chunk_no, first_row, since, why)"
            " values ($1, 1, 1, now() - interval '5 minutes', 'no analyzer is there to take it'),"
            " ($2, 1, 1, now(), 'its batch is gone')",
            batch_id,
            uuid4(),
        )
    found = await data_of(client, "/api/v1/batches/stuck")
    (one,) = [one for one in found["stuck"] if one["batch_id"] == str(batch_id)]
    assert found["count"] == len(found["stuck"])
    assert (one["batch_id"], one["batch_name"], one["chunk_number"]) == (str(batch_id), "late", 1)
    assert 300 <= one["age_seconds"] < 400
    assert one["since"].endswith("Z")
    assert one["why"] == "no analyzer is there to take it"


@pytest.mark.parametrize("path", ["?q={name}", "/{id}", "/{id}/status", "/{id}/progress", "/{id}/chunks"])
async def test_who_has_the_data_gets_304_with_the_polling_header(
    gateway: Gateway, client: httpx.AsyncClient, path: str
) -> None:
    name = uuid4().hex
    batch_id = await create(client, auto_start="false", batch_name=name)
    url = "/api/v1/batches" + path.format(id=batch_id, name=name)
    first = await client.get(url)
    tag = first.headers["etag"]
    again = await client.get(url, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers.get("x-polling-interval") == first.headers.get("x-polling-interval")
    await began(gateway, batch_id)
    await counted(gateway, batch_id, 1, successful=1, failed=0)
    changed = await client.get(url, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


async def test_long_replies_are_compressed_and_short_ones_are_not(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        batch_id = await create(client)
    plain = (await client.get("/api/v1/batches", headers={"Accept-Encoding": "identity"})).json()["data"]
    for encoding in ("gzip", "zstd", "br"):
        reply = await client.get("/api/v1/batches", headers={"Accept-Encoding": encoding})
        assert reply.headers["content-encoding"] == encoding
        assert "accept-encoding" in reply.headers["vary"].lower()
    async with client.stream("GET", "/api/v1/batches", headers={"Accept-Encoding": "zstd, gzip"}) as raw:
        body = b"".join([part async for part in raw.aiter_raw()])
    assert str(batch_id).encode() in zstandard.ZstdDecompressor().decompress(body)
    async with client.stream("GET", "/api/v1/batches", headers={"Accept-Encoding": "gzip"}) as raw:
        body = b"".join([part async for part in raw.aiter_raw()])
    assert plain["batches"][0]["batch_id"].encode() in gzip.decompress(body)
    for path in (f"/api/v1/batches/{batch_id}/progress", "/"):
        reply = await client.get(path, headers={"Accept-Encoding": "zstd"})
        assert "content-encoding" not in reply.headers, path


async def test_the_health_score_can_be_made_again_by_hand(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client, b"url\n" + b"http://a.test/x\n" * 30, chunk_size="10")
    before = await data_of(client, f"/api/v1/batches/{batch_id}/health")
    assert (before["rated"], before["factors"]["success_rate"]) == (False, 0.0)
    await began(gateway, batch_id)
    for chunk_no, failed in ((1, 0), (2, 6), (3, 0)):
        await counted(gateway, batch_id, chunk_no, successful=10 - failed, failed=failed)
    async with database(gateway) as connection:
        await connection.execute(
            "update exporter.chunks set first_result_at = last_result_at - interval '30 seconds'"
            " where batch_id = $1 and chunk_no = 3",
            batch_id,
        )
        await connection.execute(
            "insert into monitor.rates values ($1, now() - interval '30 seconds', 30, 6, 0)", batch_id
        )
    data = await data_of(client, f"/api/v1/batches/{batch_id}/health")
    assert data["factors"] == {"success_rate": 80.0, "processing_speed": 66.66, "error_patterns": 66.67}
    assert data["health_score"] == round(0.5 * 80 + 0.3 * 66.66 + 0.2 * 66.67, 2)
    assert data["rated"] is True
    assert (data["measured"]["rows_in_slow_chunks"], data["measured"]["failing_chunks"]) == (10, 1)
    assert any("first in chunk 2" in said for said in data["recommendations"])
