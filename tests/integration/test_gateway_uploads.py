"""Uploads on real servers: what is acknowledged is there, what is not leaves nothing."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from uuid import UUID, uuid4

import httpx
import psutil
import pytest
from redis.asyncio import Redis

from shared.cache_keys import CacheKeys, space_of, url_digest
from tests.contract.gateway import CSV, MAX_UPLOAD_MB, Gateway, create, data_of, database, running
from tests.servers import Servers


@pytest.fixture(scope="module")
def gateway(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One of its own: its memory is measured, and what waits is counted."""
    folder = tmp_path_factory.mktemp("uploads")
    with running(servers, template, folder, 195, MAX_UPLOAD_MB=str(MAX_UPLOAD_MB)) as started:
        yield started


async def eventually(check: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def batches(gateway: Gateway) -> int:
    async with database(gateway) as connection:
        count: int = await connection.fetchval("select count(*) from gateway.batches")
        return count


async def send(client: httpx.AsyncClient, csv: bytes, key: str, **fields: str) -> httpx.Response:
    return await client.post(
        "/api/v1/batches", files={"file": ("a.csv", csv)}, data=fields, headers={"Idempotency-Key": key}
    )


async def test_a_batch_its_blobs_and_its_event_are_there(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client, chunk_size="2", region="gb")
    async with database(gateway) as connection:
        row = await connection.fetchrow("select * from gateway.batches where batch_id = $1", batch_id)
        assert row is not None
        assert (row["region"], row["columns"], row["version"]) == ("GB", ["branch"], 1)

        async def published() -> bool:
            return not await connection.fetchval("select count(*) from lifecycle.outbox")

        await eventually(published)
    assert (gateway.blobs / row["upload_path"]).read_bytes() == CSV
    rows = [json.loads(line) for line in (gateway.blobs / row["rows_path"]).read_text().splitlines()]
    assert rows == [
        [1, "https://example.com/1.jpg", ["Leeds"]],
        [2, "https://example.com/2.jpg", ["Lyon"]],
        [3, "none", ["Oslo"]],
    ]


async def test_one_key_at_the_same_instant_makes_one_batch(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    key, before, files = uuid4().hex, await batches(gateway), len(gateway.blob_files())
    replies = await asyncio.gather(*(send(client, CSV, key, batch_name="same") for _ in range(8)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1, "the same reply to each"
    assert sum("idempotent-replayed" not in reply.headers for reply in replies) == 1
    assert await batches(gateway) == before + 1
    assert len(gateway.blob_files()) == files + 2, "the losers' blobs are gone"


async def test_a_key_used_for_something_else_is_refused(gateway: Gateway, client: httpx.AsyncClient) -> None:
    key = uuid4().hex
    assert (await send(client, CSV, key)).status_code == 201
    files = len(gateway.blob_files())
    for reply in (await send(client, CSV + b"x\n", key), await send(client, CSV, key, batch_name="other")):
        assert reply.status_code == 422
        assert "new key" in reply.json()["error"]
    assert len(gateway.blob_files()) == files


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"url\n", "no row below"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2_000), "a PNG picture"),
        (b"%PDF-1.7" + bytes(2_000_000), "a PDF document"),
        (b"first,second\n1,2\n", "No column holds addresses"),
        (gzip.compress(CSV * 500, mtime=0)[:-20], "cut on its way"),
    ],
    ids=["nothing", "header", "picture", "document", "no addresses", "cut"],
)
async def test_a_file_that_is_no_list_is_explained_and_leaves_nothing(
    gateway: Gateway, client: httpx.AsyncClient, data: bytes, words: str
) -> None:
    files = len(gateway.blob_files())
    reply = await client.post("/api/v1/batches", files={"file": ("x.csv", data)})
    assert reply.status_code == 400
    assert words in reply.json()["error"]
    assert len(gateway.blob_files()) == files


async def test_a_broken_off_upload_leaves_nothing(gateway: Gateway, client: httpx.AsyncClient) -> None:
    files, before = len(gateway.blob_files()), await batches(gateway)
    _, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    writer.write(
        b"POST /api/v1/batches HTTP/1.1\r\nHost: [::1]\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 60000000\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nurl\r\n'
    )
    try:
        for _ in range(12):
            writer.write(b"https://example.com/picture.jpg\n" * 32_768)
            await writer.drain()

        async def stored() -> bool:
            return len(gateway.blob_files()) > files

        await eventually(stored)
    finally:
        writer.close()

    async def clean() -> bool:
        return len(gateway.blob_files()) == files

    await eventually(clean)
    assert await batches(gateway) == before


async def test_a_declared_size_too_large_is_refused_before_it_is_read(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    writer.write(
        b"POST /api/v1/batches HTTP/1.1\r\nHost: [::1]\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 300000000\r\n\r\n"
    )
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 413 ")


def held(process: psutil.Process) -> int:
    """Bytes, with its children."""
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])


async def test_60_mb_are_taken_in_constant_memory_while_others_are_served(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    line = b"https://images.example.com/store/photos/0000001/front-of-the-shop.jpg,branch 7,some text\n"
    rows = 60 * 1024 * 1024 // len(line)
    block = line * 4_096
    process = psutil.Process(gateway.pid)
    before = highest = held(process)
    slowest = 0.0

    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\nurl,n,text\n'
        for start in range(0, rows, 4_096):
            yield block[: len(line) * min(4_096, rows - start)]
        yield b"\r\n--b--\r\n"

    async def upload() -> httpx.Response:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        return await client.post("/api/v1/batches", content=body(), headers=headers, timeout=100)

    sending = asyncio.create_task(upload())
    while not sending.done():
        began = time.monotonic()
        assert (await client.get("/api/v1/batches", params={"limit": 1})).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
        highest = max(highest, held(process))
        await asyncio.sleep(0.05)
    reply = await sending
    assert reply.status_code == 201, reply.text
    assert reply.json()["data"]["batch_info"]["total_urls"] == rows
    # 69 MB where the process that reads uploads is to be started, else 29; with the file in it, 89.
    assert highest - before < 85 * 1024 * 1024
    assert slowest < 3, "the event loop stays responsive"
    batch_id = UUID(reply.json()["data"]["batch_id"])
    assert (await client.post(f"/api/v1/batches/{batch_id}/cancel")).status_code == 200


async def test_a_stream_beyond_the_limit_is_refused(gateway: Gateway, client: httpx.AsyncClient) -> None:
    files = len(gateway.blob_files())

    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\nurl\n'
        for _ in range(4 * MAX_UPLOAD_MB + 40):
            yield b"https://example.com/picture.jpg\n" * 8_192

    reply = await client.post(
        "/api/v1/batches",
        content=body(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
        timeout=100,
    )
    assert reply.status_code == 413
    assert len(gateway.blob_files()) == files


async def test_counters_add_up_in_every_reply(gateway: Gateway, client: httpx.AsyncClient) -> None:
    csv = b"url\n" + b"https://example.com/1.jpg\n" * 40
    batch_id = await create(client, csv, chunk_size="10")
    stop = asyncio.Event()

    async def count() -> None:
        async with database(gateway) as connection:
            await connection.execute(
                "insert into exporter.chunks select $1, n, 0, 0, 0, '{}', null, now(), now(), 0"
                " from generate_series(1, 4) n",
                batch_id,
            )
            for n in range(40):
                await connection.execute(
                    "update exporter.chunks set processed = processed + 1,"
                    " successful = successful + $3, failed = failed + 1 - $3"
                    " where batch_id = $1 and chunk_no = $2",
                    batch_id,
                    n % 4 + 1,
                    n % 3 // 2,
                )
        stop.set()

    counting = asyncio.create_task(count())
    last = 0
    while not stop.is_set():
        found = (await data_of(client, f"/api/v1/batch/{batch_id}"))["progress"]
        assert found["processed_count"] == found["successful_count"] + found["failed_count"]
        assert found["processed_count"] >= last
        last = found["processed_count"]
    await counting
    chunks = (await data_of(client, f"/api/v1/batches/{batch_id}/chunks"))["chunks"]
    assert sum(chunk["processed_count"] for chunk in chunks) == 40


async def test_a_priority_is_stored_as_a_weight_and_unknown_fields_leave_nothing(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client, priority="high", auto_start="false", force_refresh="true")
    async with database(gateway) as connection:
        weight = await connection.fetchval("select weight from gateway.batches where batch_id = $1", batch_id)
    assert weight == 9
    info = (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]
    assert (info["priority"], info["force_refresh"]) == ("high", True)
    files, before = len(gateway.blob_files()), await batches(gateway)
    reply = await client.post("/api/v1/batches", files={"file": ("a.csv", CSV)}, data={"colour": "red"})
    assert (reply.status_code, reply.json()["error_type"]) == (400, "ValidationError")
    assert "'colour'" in reply.json()["error"]
    assert "priority" in reply.json()["error"]
    assert (len(gateway.blob_files()), await batches(gateway)) == (files, before)


async def test_two_uploads_at_once_do_not_disturb_each_other(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    def csv(name: str) -> bytes:
        return b"url\n" + b"".join(
            b"https://example.com/%s/%d.jpg\n" % (name.encode(), n) for n in range(50_000)
        )

    names = ("left", "right")
    ids = await asyncio.gather(*(create(client, csv(name), auto_start="false") for name in names))
    for name, batch_id in zip(names, ids, strict=True):
        folder = gateway.blobs / "batches" / str(batch_id)
        assert (folder / "upload").read_bytes() == csv(name)
        rows = (folder / "rows.jsonl").read_text().splitlines()
        assert len(rows) == 50_000
        assert all(f"/{name}/" in row for row in rows)


async def test_a_dry_run_tells_what_would_be_and_leaves_nothing(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    def url(number: int) -> str:
        return f"https://example.com/{uuid}/{number}.jpg"

    uuid, keys = uuid4().hex, CacheKeys(space_of("local"))
    store = Redis.from_url(gateway.redis_url)
    async with store:
        for number in (1, 2, 3):
            await store.set(keys.url(url_digest(url(number))), f"{uuid}{number}", ex=60)
        for number in (1, 2):
            await store.set(keys.entry(f"{uuid}{number}"), b"{}", ex=60)
    rows = [*map(url, range(40)), url(1), "none", url(2)]
    csv = "\n".join(["url;n", *(f"{row};{n}" for n, row in enumerate(rows))]).encode()
    files, before, key = len(gateway.blob_files()), await batches(gateway), uuid4().hex
    reply = await send(client, csv, key, dry_run="true")
    assert reply.status_code == 200, reply.text
    data = reply.json()["data"]
    assert data.pop("estimated_cost") == {"amount": 0.0, "currency": "USD", "price_per_1000": 0.0}
    assert {"estimated_completion", "estimated_minutes"} <= data.keys()
    assert {name: data[name] for name in data if not name.startswith("estimated")} == {
        "dry_run": True,
        "total_rows": 43,
        "valid_rows": 42,
        "invalid_rows": 1,
        "invalid": [
            {"line": 43, "row_no": 42, "reason": "The address does not begin with http:// or https://."}
        ],
        "duplicates": 2,
        "distinct_images": 40,
        "cached_images": 2,
        "calls_needed": 3,
        "above_max_cost": False,
        "columns": ["n"],
        "url_column": "url",
        "encoding": "utf-8",
        "delimiter": ";",
    }
    anew = (await send(client, csv, key, dry_run="true", force_refresh="true")).json()["data"]
    assert (anew["distinct_images"], anew["cached_images"]) == (40, 0)
    assert (len(gateway.blob_files()), await batches(gateway)) == (files, before)
    assert (await send(client, csv, key)).status_code == 201, "the key is still free"


async def test_a_dry_runs_estimate_counts_what_waits_and_the_measured_rate(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    async def minutes() -> float:
        reply = await client.post("/api/v1/batches", files={"file": ("a.csv", csv)}, data={"dry_run": "true"})
        return float(reply.json()["data"]["estimated_minutes"])

    csv = "\n".join(["url", *(f"https://example.com/{uuid4().hex}.jpg" for _ in range(600))]).encode()
    async with database(gateway) as connection:
        await connection.execute(
            "insert into monitor.rates select $1, now() - make_interval(secs => n), 1000, 0, 0"
            " from generate_series(60, 110, 10) n",
            uuid4(),
        )
    alone = await minutes()
    waiting = await create(client, csv)
    assert await minutes() == pytest.approx(alone + 0.1, abs=0.02), "600 rows more at 6,000 a minute"
    assert (await client.post(f"/api/v1/batches/{waiting}/cancel")).status_code == 200
    assert await minutes() == pytest.approx(alone, abs=0.02)
