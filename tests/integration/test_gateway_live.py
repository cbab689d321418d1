"""Live events of a real gateway: cut, taken up again, and no change of state missed."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import msgspec

from tests.contract.gateway import Gateway, began, counted, create, data_of, ended

_SECONDS = 10


class Event(NamedTuple):
    name: str
    id: str
    data: dict[str, Any]


Stream = AsyncIterator[Event]


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, path: str, last: str = ""
) -> AsyncIterator[AsyncIterator[Event]]:
    headers = {"Last-Event-ID": last} if last else {}
    async with client.stream("GET", path, headers=headers, timeout=_SECONDS) as reply:
        assert reply.status_code == 200, await reply.aread()
        assert reply.headers["content-type"].startswith("text/event-stream")
        yield events(reply.aiter_lines())


async def events(lines: AsyncIterator[str]) -> Stream:
    fields: dict[str, str] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if not line and "data" in fields:
            yield Event(fields["event"], fields.get("id", ""), msgspec.json.decode(fields["data"]))
        fields = {**fields, name: value} if line else {}


async def until(stream: Stream, name: str, **values: Any) -> list[Event]:
    """The events up to the first of this name that holds these values."""
    found: list[Event] = []
    async with asyncio.timeout(_SECONDS):
        async for event in stream:
            found.append(event)
            if event.name == name and values.items() <= event.data.items():
                return found
    raise AssertionError(f"the stream ended after {found}")


def statuses(found: list[Event]) -> list[str]:
    return [event.data["status"] for event in found if event.name == "state"]


async def act(client: httpx.AsyncClient, batch_id: UUID, *actions: str) -> None:
    for action in actions:
        reply = await client.post(f"/api/v1/batches/{batch_id}/{action}")
        assert reply.status_code == 200, reply.text


async def test_a_batch_is_told_from_the_start_to_the_end(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client, auto_start="false")
    async with listening(client, f"/api/v1/batches/{batch_id}/events") as stream:
        first = await until(stream, "progress")
        assert statuses(first) == ["pending"]
        await act(client, batch_id, "start")
        await until(stream, "state", status="queued", previous_status="pending", version=2, run=1)
        await began(gateway, batch_id, seconds_ago=0)
        await until(stream, "state", status="processing")
        await counted(gateway, batch_id, 1, successful=2, failed=1)
        moved = (await until(stream, "progress", processed_count=3))[-1].data
        assert moved.keys() == (await data_of(client, f"/api/v1/batches/{batch_id}/progress")).keys()
        await ended(gateway, batch_id, "completed")
        found = await until(stream, "end", status="completed")
        assert statuses(found) == ["completed"]
        assert [event async for event in stream] == [], "the stream ends with the batch"
    again = await client.get(f"/api/v1/batches/{batch_id}/events", headers={"Last-Event-ID": found[-1].id})
    assert again.status_code == 204, "who has heard of the end need not come again"


async def test_a_deleted_batch_ends_its_stream(client: httpx.AsyncClient) -> None:
    batch_id = await create(client)
    async with listening(client, f"/api/v1/batches/{batch_id}/events") as stream:
        await until(stream, "progress")
        gone = await client.delete(f"/api/v1/batches/{batch_id}", params={"force": True})
        assert gone.status_code == 200, gone.text
        found = await until(stream, "end", status="deleted")
        assert statuses(found)[-1] == "deleted"


async def test_what_changed_while_cut_off_is_told_in_order(client: httpx.AsyncClient) -> None:
    batch_id = await create(client)
    path = f"/api/v1/batches/{batch_id}/events"
    async with listening(client, path) as stream:
        last = (await until(stream, "state", status="queued"))[-1].id
    heard: list[str] = []
    for _ in range(3):
        await act(client, batch_id, "pause", "resume", "pause")
        async with listening(client, path, last) as stream:
            found = await until(stream, "progress")
            heard += statuses(found)
            last = [event.id for event in found if event.id][-1]
        await act(client, batch_id, "resume")
    assert heard == ["paused", "queued", "paused", *["queued", "paused", "queued", "paused"] * 2]


async def test_all_batches_are_told_and_taken_up_again(gateway: Gateway, client: httpx.AsyncClient) -> None:
    async with listening(client, "/api/v1/events") as stream:
        batch_id = str(await create(client))
        seen = await until(stream, "state", batch_id=batch_id, status="queued")
        await began(gateway, UUID(batch_id), seconds_ago=0)
        seen += await until(stream, "state", batch_id=batch_id, status="processing")
    await act(client, UUID(batch_id), "pause")
    other = str(await create(client, auto_start="false"))
    async with listening(client, "/api/v1/events", seen[-1].id) as stream:
        missed = await until(stream, "state", batch_id=other, status="pending")
    new = [event for event in missed if event.id not in {old.id for old in seen}]
    told = [(event.data["batch_id"], event.data["status"]) for event in new if event.name == "state"]
    assert [one for one in told if one[0] in (batch_id, other)] == [(batch_id, "paused"), (other, "pending")]


async def test_an_id_from_long_ago_is_answered_with_a_gap(client: httpx.AsyncClient) -> None:
    old = f"{'0' * 8}-0000-4000-8000-{'0' * 12}.1.0.0.1000000"
    async with listening(client, "/api/v1/events", old) as stream:
        assert (await anext(stream)).name == "gap"


async def test_a_stream_of_what_is_not_there_is_refused(client: httpx.AsyncClient) -> None:
    reply = await client.get("/api/v1/batches/00000000-0000-4000-8000-000000000000/events")
    assert (reply.status_code, reply.json()["error_type"]) == (404, "BatchNotFound")


def test_curl_can_follow(gateway: Gateway) -> None:
    with httpx.Client(base_url=gateway.url) as plain:
        made = plain.post("/api/v1/batches", files={"file": ("a.csv", b"url\nhttps://example.com/1.jpg\n")})
    batch_id = made.json()["data"]["batch_id"]
    command = ["curl", "-sN", f"{gateway.url}/api/v1/batches/{batch_id}/events"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout
        lines = [curl.stdout.readline().strip() for _ in range(5)]
        curl.terminate()
    assert lines[0] == "retry: 2000"
    assert lines[2] == "event: state"
    assert lines[4].startswith('data: {"batch_id":')
