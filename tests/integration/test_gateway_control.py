"""Control, its mirror in Redis, its events; exports that break; pages that live; an ordered end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest
import redis.asyncio
from aiohttp import web
from aiokafka import AIOKafkaConsumer

from dev.ports import free_port
from shared.desired import Desired, DesiredMirror, State
from shared.events import BATCH_EVENTS, BatchCancelled, BatchEvent
from shared.exporting import PATH, Export
from shared.topics import BATCHES, Named
from shared.wire import Decoder
from tests.contract import gateway as world
from tests.contract.gateway import Gateway, began, counted, create, data_of, database, ended
from tests.servers import Servers


@asynccontextmanager
async def mirror_of(gateway: Gateway) -> AsyncIterator[tuple[DesiredMirror, redis.asyncio.Redis]]:
    async with redis.asyncio.Redis.from_url(gateway.redis_url) as connection:
        yield DesiredMirror(connection), connection


async def test_the_mirror_says_it_before_the_reply(gateway: Gateway, client: httpx.AsyncClient) -> None:
    async with mirror_of(gateway) as (mirror, _):
        batch_id = await create(client)
        assert await mirror.read([batch_id]) == {batch_id: Desired(1, State.RUNNING)}
        for version, (action, state) in enumerate(
            [("pause", State.PAUSED), ("resume", State.RUNNING), ("cancel", State.CANCELLED)], start=2
        ):
            assert (await client.post(f"/api/v1/batches/{batch_id}/{action}")).status_code == 200
            assert await mirror.read([batch_id]) == {batch_id: Desired(version, state)}


async def test_a_mirror_that_lost_its_data_is_written_again(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    async with mirror_of(gateway) as (mirror, connection):
        batch_id = await create(client)
        await connection.flushdb()
        deadline = time.monotonic() + 20
        while batch_id not in await mirror.read([batch_id]):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)


async def test_a_change_is_stored_and_told_so_when_redis_is_away(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client)
    async with mirror_of(gateway) as (mirror, connection):
        await connection.client_pause(60_000, all=False)
        try:
            reply = await client.post(f"/api/v1/batches/{batch_id}/pause")
        finally:
            await connection.client_unpause()
        assert reply.status_code == 503
        assert reply.json()["error_type"] == "SystemError"
        assert "The change is stored (paused)" in reply.json()["error"]
        assert (await data_of(client, f"/api/v1/batches/{batch_id}/progress"))["status"] == "paused"
        again = await client.post(f"/api/v1/batches/{batch_id}/pause")
        assert again.json()["data"]["changed"] is False
        assert await mirror.read([batch_id]) == {batch_id: Desired(2, State.PAUSED)}


async def test_changes_at_the_same_instant_end_in_one_history(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client)
    actions = ["pause", "resume"] * 10
    replies = await asyncio.gather(*(client.post(f"/api/v1/batches/{batch_id}/{a}") for a in actions))
    assert {reply.status_code for reply in replies} == {200}
    async with database(gateway) as connection:
        rows = await connection.fetch(
            "select version, desired from gateway.transitions where batch_id = $1 order by version", batch_id
        )
        row = await connection.fetchrow(
            "select version, desired from gateway.batches where batch_id=$1", batch_id
        )
    assert row is not None
    assert [found["version"] for found in rows] == list(range(1, row["version"] + 1))
    assert rows[-1]["desired"] == row["desired"]
    async with mirror_of(gateway) as (mirror, _):
        assert await mirror.read([batch_id]) == {batch_id: Desired(row["version"], State(row["desired"]))}


async def test_a_cancel_that_comes_too_late_changes_nothing(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client)
    await began(gateway, batch_id)
    await counted(gateway, batch_id, 1, successful=3, failed=0)
    await ended(gateway, batch_id, "completed")
    reply = await client.post(f"/api/v1/batches/{batch_id}/cancel")
    assert reply.status_code == 400
    assert reply.json()["error_type"] == "BatchStateError"
    assert (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]["status"] == "completed"


async def test_a_pause_does_not_wait_while_results_are_stored(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    """The exporter holds this lock for as long as the transaction of a poll lasts (rule 8)."""
    batch_id = await create(client)
    async with database(gateway) as connection, connection.transaction():
        await connection.fetchval("select 1 from gateway.batches where batch_id = $1 for key share", batch_id)
        reply = await client.post(f"/api/v1/batches/{batch_id}/pause", timeout=5)
    assert reply.json()["data"]["status"] == "paused"


async def test_a_pause_that_the_end_overtakes_changes_nothing(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    """The end is committed after the pause was decided on, and before it is committed."""
    batch_id = await create(client)
    await began(gateway, batch_id)
    async with database(gateway) as connection:
        async with connection.transaction():
            await connection.execute("lock table gateway.transitions in share mode")
            pausing = asyncio.create_task(client.post(f"/api/v1/batches/{batch_id}/pause"))
            async with asyncio.timeout(10):
                while not await connection.fetchval("select count(*) from pg_locks where not granted"):
                    await asyncio.sleep(0.02)
            await ended(gateway, batch_id, "completed")
        reply = await pausing
        row = await connection.fetchrow(
            "select desired, version from gateway.batches where batch_id = $1", batch_id
        )
    assert reply.status_code == 400
    assert reply.json()["error_type"] == "BatchStateError"
    assert row is not None
    assert (row["desired"], row["version"]) == ("running", 1)


async def test_every_change_is_published(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client, auto_start="false")
    await counted(gateway, batch_id, 1, successful=2, failed=0)
    for action in ("start", "pause", "resume", "cancel"):
        assert (await client.post(f"/api/v1/batches/{batch_id}/{action}")).status_code == 200
    decoder: Decoder[BatchEvent] = Decoder(BATCH_EVENTS)
    consumer = AIOKafkaConsumer(
        Named(gateway.topic_prefix).topic(BATCHES),
        bootstrap_servers=gateway.kafka,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    found: dict[int, BatchEvent] = {}
    try:
        deadline = time.monotonic() + 20
        while len(found) < 5:
            assert time.monotonic() < deadline, found
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    event = decoder.decode(record.headers, record.value)
                    if event.batch_id == batch_id:
                        found[event.version] = event
    finally:
        await consumer.stop()
    assert [type(found[version]).__name__ for version in sorted(found)] == [
        "BatchSubmitted",
        "BatchResumed",
        "BatchPaused",
        "BatchResumed",
        "BatchCancelled",
    ]
    last = found[max(found)]
    assert isinstance(last, BatchCancelled)
    assert (last.total_urls, last.attempts) == (3, 2)


async def test_paused_time_is_left_out_of_the_rate(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client)
    await began(gateway, batch_id, seconds_ago=3_600)
    await counted(gateway, batch_id, 1, successful=2, failed=0)
    async with database(gateway) as connection:
        await connection.execute(
            "insert into gateway.transitions (batch_id, version, run, desired, at) values"
            " ($1, 2, 1, 'paused', now() - interval '59 minutes'),"
            " ($1, 3, 1, 'running', now() - interval '1 minute')",
            batch_id,
        )
    detail = await data_of(client, f"/api/v1/batch/{batch_id}")
    assert 119 < detail["timing"]["active_seconds"] < 130
    assert 59 <= detail["timing"]["elapsed_time_minutes"] <= 61
    assert 0.9 < detail["performance"]["processing_rate_per_minute"] <= 1.0


async def test_a_page_gets_its_parts_as_events_until_the_end(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client)
    await began(gateway, batch_id)
    seen: list[str] = []
    async with asyncio.timeout(30), client.stream("GET", f"/batch/{batch_id}/events") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                seen.append(line.removeprefix("event: "))
                if len(seen) == 4:
                    await counted(gateway, batch_id, 1, successful=3, failed=0)
                    await ended(gateway, batch_id, "completed")
    assert seen[:4] == ["state", "actions", "progress", "results"]
    assert seen[-1] == "ended"


async def test_an_export_that_breaks_never_looks_whole(
    servers: Servers, template: str, tmp_path: Path
) -> None:
    """The exporter's reply is passed on with its name; when it breaks, so does ours."""

    async def export(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="x-results.csv"'})
        reply.content_type = "text/csv"
        await reply.prepare(request)
        await reply.write(b"url,success\n" * 20_000)
        if not msgspec.json.decode(await request.read(), type=Export).filters.success:
            assert request.transport is not None
            request.transport.abort()
        return reply

    app = web.Application()
    app.add_routes([web.post(PATH, export)])
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    loop = asyncio.get_running_loop()
    started = world.running(
        servers,
        template,
        tmp_path,
        199,
        EXPORTER_URL=f"http://127.0.0.1:{port}",
        SAMPLE_DIR=str(tmp_path),
    )
    gateway = await loop.run_in_executor(None, started.__enter__)
    try:
        async with gateway.client() as client:
            path = f"/api/v1/export/batch/{await create(client)}"
            whole = await client.get(path, params={"success_only": "true"})
            assert whole.content == b"url,success\n" * 20_000
            assert whole.headers["content-disposition"] == 'attachment; filename="x-results.csv"'
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(path, params={"failed_only": "true"})
            await samples_are_served_from_their_folder_only(client, tmp_path)
    finally:
        await loop.run_in_executor(None, started.__exit__, None, None, None)
        await runner.cleanup()


async def samples_are_served_from_their_folder_only(client: httpx.AsyncClient, folder: Path) -> None:
    (folder / "sign.png").write_bytes(b"picture")
    (folder / "secret.txt").write_text("no")
    sign = await client.get("/sample/sign.png")
    assert sign.content == b"picture"
    # The pages may be open as localhost while the rows say 127.0.0.1: another site to a browser.
    assert sign.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
    for name in ("secret.txt", "..%2fsign.png", ".png", f"{uuid4().hex}.png", "%2e%2e/gateway.log"):
        assert (await client.get(f"/sample/{name}")).status_code == 404


async def test_open_streams_end_when_the_process_is_asked_to_stop(
    servers: Servers, template: str, tmp_path: Path
) -> None:
    """The status 0 of an ordered end is checked by the fixture."""
    loop = asyncio.get_running_loop()
    started = world.running(servers, template, tmp_path, 198)
    gateway = await loop.run_in_executor(None, started.__enter__)
    async with gateway.client() as client, client.stream("GET", "/events") as stream:
        lines = stream.aiter_lines()
        async with asyncio.timeout(10):
            assert await anext(lines) == "event: list", "at once, though nothing changes"
        began_at = time.monotonic()
        stopping = loop.run_in_executor(None, started.__exit__, None, None, None)
        async with asyncio.timeout(10):
            assert [line async for line in lines]
        await stopping
    assert time.monotonic() - began_at < 10
