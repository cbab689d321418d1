"""Exports in the background: asked for, made by whoever holds the lease, fetched whole or in parts, ended."""

import asyncio
import base64
import csv
import hashlib
import io
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from obstore.store import LocalStore

from services.exporter.jobs.desk import Desk
from services.exporter.jobs.runner import Runner
from shared.exporting import blob_of, folder_of
from shared.stopping import Stop
from tests.contract.exporter import Exporter, batch_of
from tests.contract.gateway import Gateway, data_of
from tests.integration.results_world import until

PATH = "/api/v1/exports"


@pytest.fixture
async def exporter(gateway: Gateway) -> AsyncIterator[Exporter]:
    """Nothing waits from a test before."""
    gateway.blobs.mkdir(exist_ok=True)
    async with asyncpg.create_pool(gateway.database_url, min_size=1, max_size=8) as pool:
        await pool.execute("update gateway.export_jobs set deleted_at = now()")
        yield Exporter(pool, gateway.blobs)


async def asked(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **body: Any) -> UUID:
    reply = await client.post(PATH, json=body, headers=headers)
    assert reply.status_code == 202, reply.text
    return UUID(reply.json()["data"]["export_id"])


def row_numbers(file: bytes) -> list[str]:
    return [row["row_no"] for row in csv.DictReader(io.StringIO(file.decode()))]


async def test_an_export_is_made_and_fetched(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    batch = await batch_of(gateway, client, 3, batch_name="shops")
    reply = await client.post(PATH, json={"batch_id": str(batch), "filters": {"to_row": 2}})
    waits = reply.json()["data"]
    assert (reply.status_code, reply.headers["location"]) == (202, f"{PATH}/{waits['export_id']}")
    assert (waits["status"], waits["is_active"], waits["download_url"]) == ("queued", True, None)
    await exporter.make_all()
    made = await data_of(client, reply.headers["location"])
    assert (made["status"], made["rows_done"], made["rows_total"]) == ("completed", 2, 2)
    assert (made["progress_percentage"], made["filename"]) == (100.0, "shops-results.csv")
    assert made["request"] == {"batch_id": str(batch), "filters": {"to_row": 2}}
    file = await client.get(made["download_url"], headers={"Accept-Encoding": "gzip"})
    assert row_numbers(file.content) == ["1", "2"]
    digest = hashlib.sha256(file.content)
    assert (made["sha256"], made["bytes"]) == (digest.hexdigest(), len(file.content))
    assert file.headers["etag"] == f'"{digest.hexdigest()}"'
    assert file.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert "shops-results.csv" in file.headers["content-disposition"]
    direct = await client.get(f"/api/v1/exports/{made['export_id']}", headers={"If-None-Match": "*"})
    assert direct.status_code == 304


async def test_a_broken_download_goes_on_where_it_broke(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    job = await asked(client, batch_id=str(await batch_of(gateway, client, 50)))
    await exporter.make_all()
    path = f"{PATH}/{job}/file"
    whole = await client.get(path)
    size, tag = len(whole.content), whole.headers["etag"]
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    rest = await client.get(path, headers={"Range": "bytes=100-", "If-Range": tag})
    assert (rest.status_code, rest.headers["content-range"]) == (206, f"bytes 100-{size - 1}/{size}")
    assert whole.content[:100] + rest.content == whole.content
    for header, expected in (
        ({"Range": "bytes=0-0"}, whole.content[:1]),
        ({"Range": "bytes=-5"}, whole.content[-5:]),
        ({"Range": f"bytes={size - 1}-{size + 9}"}, whole.content[-1:]),
        ({"Range": "bytes=0-1,4-5"}, whole.content),
        ({"Range": "rows=0-1"}, whole.content),
        ({"Range": "bytes=0-1", "If-Range": '"other"'}, whole.content),
    ):
        got = await client.get(path, headers=header)
        assert got.content == expected, header
        assert got.status_code == (200 if len(expected) == size else 206)
    beyond = await client.get(path, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    assert beyond.json()["error_type"] == "ValidationError"
    head = await client.head(path, headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304


async def test_all_shapes_of_a_request_are_those_of_direct_downloads(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    name = uuid4().hex
    first, second = [await batch_of(gateway, client, 2, batch_name=name) for _ in range(2)]
    together = await asked(client, filters={"batch_ids": [name]}, limit=3, format="json")
    several = await asked(client, batch_ids=[str(first), str(second)], filters={"to_row": 1})
    await exporter.make_all()
    file = await client.get(f"{PATH}/{together}/file")
    assert [(one["batch_id"], one["row_no"]) for one in file.json()] == [
        (str(first), 1), (str(first), 2), (str(second), 1)
    ]  # fmt: skip
    archive = await data_of(client, f"{PATH}/{several}")
    assert (archive["filename"], archive["rows_done"]) == ("batches-results.zip", 2)


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"batch_id": "x"}, 404, "There is no batch 'x'"),
        ({"batch_id": "7d9f2c1e-5b1a-4c55-9d60-3f0f3f7c8a11"}, 404, "There is no batch 7d9f2c1e"),
        ({"batch_ids": []}, 400, "1 to 100"),
        ({"batch_id": "x", "batch_ids": ["y"]}, 400, "exclude each other"),
        ({"batch_id": "x", "filters": {"batch_ids": ["y"]}}, 400, "leave out"),
        ({"batch_id": "x", "limit": 1}, 400, "limit"),
        ({"format": "pdf"}, 400, "format is one of"),
        ({"filters": {"success_only": True, "failed_only": True}}, 400, "exclude each other"),
        ({"filters": {"colour": 1}}, 400, "colour"),
        ({"colour": 1}, 400, "'colour'"),
    ],
)
async def test_what_can_not_be_is_refused_and_leaves_nothing(
    client: httpx.AsyncClient, exporter: Exporter, body: dict[str, Any], status: int, word: str
) -> None:
    reply = await client.post(PATH, json=body)
    assert reply.status_code == status
    assert word in reply.json()["error"]
    assert (await data_of(client, PATH))["total"] == 0


async def test_an_unknown_export_is_404_everywhere(client: httpx.AsyncClient) -> None:
    for name in ("x", uuid4()):
        for method, rest in (("GET", ""), ("GET", "/file"), ("POST", "/cancel"), ("DELETE", "")):
            reply = await client.request(method, f"{PATH}/{name}{rest}")
            assert (reply.status_code, reply.json()["error_type"]) == (404, "NotFound")


async def test_a_key_makes_one_export(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    batch, key = str(await batch_of(gateway, client)), {"Idempotency-Key": uuid4().hex}
    first = await asked(client, key, batch_id=batch)
    again = await client.post(PATH, json={"batch_id": batch}, headers=key)
    assert again.json()["data"]["export_id"] == str(first)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    other = await client.post(PATH, json={"batch_id": batch, "format": "json"}, headers=key)
    assert (other.status_code, other.json()["error_type"]) == (422, "ValidationError")
    both = await asyncio.gather(
        *(asked(client, {"Idempotency-Key": batch}, batch_id=batch) for _ in range(4))
    )
    assert len(set(both)) == 1
    await client.delete(f"{PATH}/{first}")
    assert await asked(client, key, batch_id=batch) != first


async def up_to(lines: AsyncIterator[str], words: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if words in line:
            return


async def test_a_client_has_a_few_unfinished_ones_at_most(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    batch = str(await batch_of(gateway, client))
    for _ in range(20):
        await asked(client, batch_id=batch)
    refused = await client.post(PATH, json={"batch_id": batch})
    assert (refused.status_code, refused.json()["error_type"]) == (429, "RateLimited")
    assert int(refused.headers["retry-after"]) > 0
    listed = await data_of(client, PATH, per_page=7, page=3)
    assert (listed["count"], listed["total"], listed["pages"]) == (6, 20, 3)
    page = await client.get("/exports", params={"per_page": 7, "page": 3})
    assert "/exports/events?page=3&amp;per_page=7" in page.text, "what comes live is this page of the list"
    async with client.stream("GET", "/exports/events", params={"per_page": 7, "page": 3}) as live:
        first = [line async for line in up_to(live.aiter_lines(), "</section>")]
    assert first[0] == "event: exports"
    assert sum("<li>" in line for line in first) == 6
    times = [one["created_at"] for one in (await data_of(client, PATH, batch_id=batch))["exports"]]
    assert times == sorted(times, reverse=True)
    assert (await data_of(client, PATH, batch_id=str(uuid4())))["total"] == 0
    await exporter.make_all()
    await asked(client, batch_id=batch)


async def test_there_is_no_file_before_the_end_and_none_after_it(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    batch = await batch_of(gateway, client)
    job = await asked(client, batch_id=str(batch))
    early = await client.get(f"{PATH}/{job}/file")
    assert (early.status_code, early.json()["error_type"]) == (400, "BatchStateError")
    assert "queued" in early.json()["error"]
    await exporter.make_all()
    assert (await client.get(f"{PATH}/{job}/file")).status_code == 200
    await exporter.pool.execute(
        "update exporter.export_jobs set expires_at = now() where export_id = $1", job
    )
    for _ in range(2):
        late = await client.get(f"{PATH}/{job}/file")
        assert (late.status_code, late.json()["error_type"]) == (404, "NotFound")
        assert "kept for a day" in late.json()["error"]
        assert (await data_of(client, f"{PATH}/{job}"))["status"] == "expired"
        await exporter.sweep()
    assert not (gateway.blobs / folder_of(job)).exists()


async def test_the_file_goes_with_a_batch_whose_rows_it_holds(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    name = uuid4().hex
    gone = await batch_of(gateway, client, batch_name=name)
    await batch_of(gateway, client, batch_name=name)
    of_one = await asked(client, batch_id=str(gone))
    of_both = await asked(client, filters={"batch_ids": [name]})
    await exporter.make_all()
    assert (await client.delete(f"/api/v1/batches/{gone}", params={"force": "true"})).status_code == 200
    for job in (of_one, of_both):
        found = await data_of(client, f"{PATH}/{job}")
        assert (found["status"], found["download_url"]) == ("expired", None)
        assert "deleted" in (await client.get(f"{PATH}/{job}/file")).json()["error"]
    await exporter.sweep()
    assert not any((gateway.blobs / folder_of(job)).exists() for job in (of_one, of_both))


async def test_who_asked_ends_it(gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter) -> None:
    batch = str(await batch_of(gateway, client))
    waits, made = await asked(client, batch_id=batch), None
    for _ in range(2):
        stopped = await client.post(f"{PATH}/{waits}/cancel")
        assert (stopped.status_code, stopped.json()["data"]["status"]) == (200, "cancelled")
    made = await asked(client, batch_id=batch)
    await exporter.make_all()
    assert (await data_of(client, f"{PATH}/{waits}"))["status"] == "cancelled"
    late = await client.post(f"{PATH}/{made}/cancel")
    assert (late.status_code, late.json()["error_type"]) == (400, "BatchStateError")
    assert (await client.delete(f"{PATH}/{made}")).json()["data"] == {"export_id": str(made), "deleted": True}
    assert (await client.delete(f"{PATH}/{made}")).status_code == 404
    await exporter.sweep()
    assert not (gateway.blobs / folder_of(made)).exists()
    entries = (await data_of(client, "/admin/audit", batch_id=batch))["entries"]
    actions = [one["action"] for one in entries]
    assert [actions.count(name) for name in ("export", "cancel-export", "delete-export")] == [2, 1, 1]


async def test_a_cancelled_one_stops_being_made(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    job = await asked(client, batch_id=str(await batch_of(gateway, client)))
    claim = await exporter.claim()
    slow = exporter.maker(places=asyncio.Semaphore(0), wait_seconds=30)
    making = asyncio.create_task(slow.make(claim))
    assert (await data_of(client, f"{PATH}/{job}"))["status"] == "running"
    await client.post(f"{PATH}/{job}/cancel")
    async with asyncio.timeout(10):
        await making
    assert (await data_of(client, f"{PATH}/{job}"))["status"] == "cancelled"
    assert (
        await exporter.pool.fetchval("select owner from exporter.export_jobs where export_id = $1", job)
        is None
    )


async def test_another_takes_over_from_a_dead_one_whose_file_never_shows(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    batch = str(await batch_of(gateway, client, 20))
    undisturbed, job = await asked(client, batch_id=batch), await asked(client, batch_id=batch)
    await exporter.maker().make(await exporter.claim())
    dead = await exporter.claim("exporter-1")
    assert await Desk(exporter.pool, "exporter-2").claim() is None, "it is being made"
    await exporter.died(job)
    assert (await data_of(client, f"{PATH}/{job}"))["status"] == "queued"
    living = await exporter.claim("exporter-2")
    assert (living.export_id, living.fence, living.failures) == (job, 2, 1)
    await exporter.maker("exporter-1").make(dead)
    assert (await data_of(client, f"{PATH}/{job}"))["status"] == "running", "the dead one's end is refused"
    await exporter.maker("exporter-2").make(living)
    found = [await data_of(client, f"{PATH}/{one}") for one in (undisturbed, job)]
    assert [one["status"] for one in found] == ["completed"] * 2
    assert len({one["sha256"] for one in found}) == 1
    await exporter.maker("exporter-1").make(dead)  # later still
    assert (await client.get(f"{PATH}/{job}/file")).status_code == 200
    assert [path.name for path in (gateway.blobs / folder_of(job)).iterdir()] == ["2"]


async def test_a_stop_gives_it_back_at_once(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    job = await asked(client, batch_id=str(await batch_of(gateway, client)))
    claim = await exporter.claim()
    slow = exporter.maker(places=asyncio.Semaphore(0), wait_seconds=30)
    making = asyncio.create_task(slow.make(claim))
    await asyncio.sleep(0)
    making.cancel()
    await asyncio.wait({making})
    again = await exporter.claim()
    assert (again.export_id, again.fence, again.failures) == (job, 2, 0)


async def test_the_runner_makes_what_waits_until_its_stop(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    batch = str(await batch_of(gateway, client))
    jobs = [await asked(client, batch_id=batch) for _ in range(5)]
    desk, stop = Desk(exporter.pool, "exporter-1"), Stop()
    running = asyncio.create_task(Runner(desk, exporter.maker(), look_seconds=0.02).run(stop))
    for job in jobs:
        await until(partial(has_status, client, job, "completed"))
    stop.ask()
    await running
    stop, places = Stop(), asyncio.Semaphore(0)
    waits = await asked(client, batch_id=batch)
    slow = exporter.maker(places=places, wait_seconds=30)
    running = asyncio.create_task(Runner(desk, slow, look_seconds=0.02).run(stop))
    await until(partial(has_status, client, waits, "running"))
    stop.ask()
    await running
    assert (await exporter.claim()).export_id == waits


async def has_status(client: httpx.AsyncClient, job: UUID, status: str) -> bool:
    return bool((await data_of(client, f"{PATH}/{job}"))["status"] == status)


async def test_a_store_that_takes_no_file_is_tried_three_times(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter, tmp_path: Path
) -> None:
    job = await asked(client, batch_id=str(await batch_of(gateway, client)))
    (tmp_path / "exports").write_text("a file, where a folder should be")
    exporter.store = LocalStore(prefix=tmp_path)
    for _ in (1, 2):
        await exporter.maker().make(await exporter.claim())
        found = await data_of(client, f"{PATH}/{job}")
        assert (found["status"], found["error_message"]) == (
            "queued",
            "The blob store does not take the file.",
        )
        assert await Desk(exporter.pool, "exporter-1").claim() is None, "it rests"
        await exporter.died(job)
    await exporter.maker().make(await exporter.claim())
    found = await data_of(client, f"{PATH}/{job}")
    assert found["status"] == "failed"
    assert "tried 3 times" in found["error_message"]
    refused = await client.get(f"{PATH}/{job}/file")
    assert (refused.status_code, "tried 3 times" in refused.json()["error"]) == (400, True)


async def test_what_ends_its_makers_is_failed(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    job = await asked(client, batch_id=str(await batch_of(gateway, client)))
    for _ in range(3):
        await exporter.claim()
        await exporter.died(job)
    await exporter.maker().make(await exporter.claim())
    found = await data_of(client, f"{PATH}/{job}")
    assert (found["status"], "begun 3 times" in found["error_message"]) == ("failed", True)


async def test_a_batch_that_goes_first_fails_it(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    batch = await batch_of(gateway, client)
    job = await asked(client, batch_id=str(batch))
    await client.delete(f"/api/v1/batches/{batch}", params={"force": "true"})
    await exporter.make_all()
    found = await data_of(client, f"{PATH}/{job}")
    assert (found["status"], found["error_message"]) == ("failed", f"There is no batch {batch}.")


async def test_a_file_that_is_gone_or_cut_never_looks_whole(
    gateway: Gateway, client: httpx.AsyncClient, exporter: Exporter
) -> None:
    job = await asked(client, batch_id=str(await batch_of(gateway, client, 50)))
    await exporter.make_all()
    blob = gateway.blobs / blob_of(job, 1)
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(f"{PATH}/{job}/file")
    blob.unlink()
    gone = await client.get(f"{PATH}/{job}/file")
    assert (gone.status_code, gone.json()["error_type"]) == (404, "NotFound")
