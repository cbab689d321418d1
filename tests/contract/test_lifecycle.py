"""The life of a batch through its controls: every transition, soft deletion, deletion, many at once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from redis.asyncio import Redis

from dev.states import PLACES, Place
from services.gateway.transitions import MOVES, Action, Move, decide
from shared.desired import Desired, DesiredMirror, State
from tests.contract.gateway import Gateway, began, create, data_of, database, ended

DESIRED = {"pending": "held", "paused": "paused", "cancelled": "cancelled"}


async def batches_at(gateway: Gateway, place: Place, count: int) -> list[UUID]:
    """Batches in that place, as the services would leave them."""
    ids = [uuid4() for _ in range(count)]
    async with database(gateway) as connection:
        await connection.execute(
            "insert into gateway.batches (batch_id, name, original_filename, total_urls, chunk_size, columns,"
            " region, rows_path, upload_path, desired, deleted_at, purge_at)"
            " select id, 'shops', 'f.csv', 3, 2, '{}', 'US', 'r', 'u', $2, case when $3 then now() end,"
            " case when $3 then now() + interval '1 day' end from unnest($1::uuid[]) as ids (id)",
            ids,
            DESIRED.get(place.status, "running"),
            place.soft_deleted,
        )
        if place.status not in ("pending", "queued"):
            await connection.execute(
                "insert into ingest.batches (batch_id, started_at) select id, now()"
                " from unnest($1::uuid[]) as ids (id)",
                ids,
            )
        if not place.status.is_active:
            await connection.execute(
                "insert into lifecycle.terminal (batch_id, run, kind, successful, failed)"
                " select id, 1, $2, 0, 0 from unnest($1::uuid[]) as ids (id)",
                ids,
                place.status,
            )
    return ids


async def act(client: httpx.AsyncClient, batch_id: UUID, action: str, **body: Any) -> httpx.Response:
    path = f"/api/v1/batches/{batch_id}"
    return await (client.delete(path) if action == "delete" else client.post(f"{path}/{action}", json=body))


def check_refused(reply: httpx.Response, *words: str) -> None:
    assert (reply.status_code, reply.json()["error_type"]) == (400, "BatchStateError"), reply.text
    for word in words:
        assert word in reply.json()["error"]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_every_action_in_every_state_does_what_the_table_says(
    gateway: Gateway, client: httpx.AsyncClient, place: Place
) -> None:
    ids = await batches_at(gateway, place, len(MOVES))
    for batch_id, action in zip(ids, MOVES, strict=True):
        reply = await act(client, batch_id, action)
        decided = decide(action, place.status, place.soft_deleted)
        if isinstance(decided, Move | None):
            data = reply.json()["data"]
            assert reply.status_code == 200, reply.text
            assert data["changed"] is (decided is not None)
            assert (data["previous_status"], data["started"]) == (place.status, True)
            assert data[MOVES[action].past] is True
            again = await act(client, batch_id, action)
            assert again.json()["data"]["changed"] is False, "the same call twice"
        else:
            check_refused(reply, place.status, decided.advice)


async def test_a_soft_deleted_batch_keeps_its_status_until_it_is_restored(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client)
    check_refused(await act(client, batch_id, "soft-delete"), "queued", "Cancel it first")
    await ended(gateway, batch_id, "completed")
    deleted = (await act(client, batch_id, "soft-delete", retention_days=3)).json()["data"]
    info = (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]
    assert info["status"] == deleted["status"] == "completed"
    assert info["purge_at"] == deleted["purge_at"]
    assert info["purge_at"][:10] > info["deleted_at"][:10]
    check_refused(await act(client, batch_id, "pause"), "restore it first")
    restored = await act(client, batch_id, "restore")
    assert restored.json()["data"]["restored"] is True
    info = (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]
    assert (info["status"], info["deleted_at"], info["purge_at"]) == ("completed", None, None)


async def test_a_deleted_batch_is_unknown_to_everything_but_another_delete(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client)
    await act(client, batch_id, "cancel")
    first = await act(client, batch_id, "delete")
    assert first.json()["data"] | {"batch_id": ""} == {
        "batch_id": "", "started": True, "status": "deleted", "previous_status": "cancelled", "changed": True,
        "deleted": True,
    }  # fmt: skip
    for path in ("", "/status", "/progress", "/chunks"):
        assert (await client.get(f"/api/v1/batches/{batch_id}{path}")).status_code == 404
    assert (await client.get(f"/api/v1/export/batch/{batch_id}")).status_code == 404
    assert (await client.get(f"/batch/{batch_id}")).status_code == 404
    for action in set(MOVES) - {Action.DELETE}:
        reply = await act(client, batch_id, action)
        assert (reply.status_code, reply.json()["error_type"]) == (404, "BatchNotFound")
    second = await act(client, batch_id, "delete")
    assert (second.status_code, second.json()["data"]["changed"]) == (200, False)
    assert "deleted already" in second.json()["message"]
    assert (await act(client, uuid4(), "delete")).status_code == 404


async def test_an_active_batch_is_deleted_by_force_only_and_cancelled_in_the_same_transaction(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client)
    await began(gateway, batch_id)
    check_refused(await act(client, batch_id, "delete"), "processing", "force=true")
    reply = await client.delete(f"/api/v1/batches/{batch_id}", params={"force": "true"})
    assert reply.json()["data"]["previous_status"] == "processing"
    async with database(gateway) as connection:
        states = await connection.fetch(
            "select desired from gateway.transitions where batch_id = $1 order by version", batch_id
        )
        end = await connection.fetchval("select kind from lifecycle.terminal where batch_id = $1", batch_id)
    assert ([row["desired"] for row in states], end) == (["running", "cancelled", "deleted"], "cancelled")
    async with Redis.from_url(gateway.redis_url) as redis:
        assert await DesiredMirror(redis).read([batch_id]) == {batch_id: Desired(3, State.DELETED)}


async def test_a_forced_start_is_kept_for_ingest(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client, auto_start="false")
    reply = await act(client, batch_id, "force-start", skip_validation=True)
    assert reply.json()["data"]["status"] == "queued"
    assert (await act(client, batch_id, "force-start")).json()["data"]["changed"] is False
    async with database(gateway) as connection:
        forced = await connection.fetchval(
            "select force_start from gateway.batches where batch_id = $1", batch_id
        )
    assert forced is True


@pytest.mark.parametrize(
    ("action", "body", "word"),
    [
        ("pause", b'{"hard": true}', "'hard'"),
        ("cancel", b"{", "JSON"),
        ("force-start", b'{"skip_validation": "yes"}', "skip_validation"),
        ("force-start", b"[]", "object"),
        ("soft-delete", b'{"retention_days": 0}', "retention_days"),
        ("soft-delete", b'{"retention_days": 3651}', "retention_days"),
        ("soft-delete", b'{"retention_days": 1.5}', "retention_days"),
        ("restore", b'{"a\\u0000": 1}', "Unknown"),
    ],
)
async def test_a_body_that_does_not_fit_changes_nothing(
    client: httpx.AsyncClient, action: str, body: bytes, word: str
) -> None:
    batch_id = await create(client)
    reply = await client.post(f"/api/v1/batches/{batch_id}/{action}", content=body)
    assert (reply.status_code, reply.json()["error_type"]) == (400, "ValidationError")
    assert word in reply.json()["error"]
    info = (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]
    assert (info["status"], info["deleted_at"]) == ("queued", None)


async def bulk(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post("/api/v1/batches/bulk", json=body)


async def test_many_batches_get_one_reply_each(client: httpx.AsyncClient) -> None:
    good, held, gone = await create(client), await create(client, auto_start="false"), str(uuid4())
    ids = [str(good), str(held), gone, "no id", str(good).upper(), "no id"]
    data = (await bulk(client, action="pause", batch_ids=ids)).json()["data"]
    assert [data[key] for key in ("action", "count", "succeeded", "failed")] == ["pause", 4, 1, 3]
    first, *others = data["results"]
    assert first == {
        "batch_id": str(good), "success": True, "status": "paused", "previous_status": "queued",
        "changed": True,
    }  # fmt: skip
    assert [other["batch_id"] for other in others] == [str(held), gone, "no id"]
    errors = [other["error_type"] for other in others]
    assert errors == ["BatchStateError", "BatchNotFound", "BatchNotFound"]
    deleted = await bulk(client, action="delete", batch_ids=[str(good), str(held)], force=True)
    assert [result["status"] for result in deleted.json()["data"]["results"]] == ["deleted", "deleted"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"action": "explode", "batch_ids": ["a"]}, "action is one of start, pause"),
        ({"action": "pause", "batch_ids": []}, "batch_ids"),
        ({"action": "pause", "batch_ids": ["a"] * 101}, "batch_ids"),
        ({"action": "pause", "batch_ids": [1]}, "batch_ids"),
        ({"action": "pause", "batch_ids": ["a"], "force": True}, "pause does not take force"),
        ({"action": "soft-delete", "batch_ids": ["a"], "retention_days": -1}, "retention_days"),
        ({"action": "pause", "batch_ids": ["a"], "forse": True}, "'forse'"),
        ({"batch_ids": ["a"]}, "action"),
    ],
)
async def test_a_bulk_that_does_not_fit_acts_on_nothing(
    client: httpx.AsyncClient, body: dict[str, Any], word: str
) -> None:
    reply = await bulk(client, **body)
    assert (reply.status_code, reply.json()["error_type"]) == (400, "ValidationError")
    assert word in reply.json()["error"]


@pytest.mark.parametrize(
    "pair", [("start", "cancel"), ("pause", "cancel"), ("delete", "restore"), ("cancel", "force-start")]
)
async def test_two_clients_at_the_same_instant_agree_on_one_end(
    gateway: Gateway, client: httpx.AsyncClient, pair: tuple[str, str]
) -> None:
    """Both wait for the row when it becomes free. Who came second was decided on what the first had made."""
    starts = pair[0] in ("start", "delete")
    batch_id = await create(client, auto_start="false" if starts else "true")
    if "delete" in pair:
        await act(client, batch_id, "cancel")
        await act(client, batch_id, "soft-delete")
    async with gateway.client() as other, database(gateway) as connection:
        async with connection.transaction():
            await connection.execute(
                "select from gateway.batches where batch_id = $1 for no key update", batch_id
            )
            racing = [
                asyncio.create_task(act(c, batch_id, a)) for c, a in zip((client, other), pair, strict=True)
            ]
            async with asyncio.timeout(10):
                while await connection.fetchval("select count(*) from pg_locks where not granted") < 2:
                    await asyncio.sleep(0.02)
        replies = await asyncio.gather(*racing)
        rows = await connection.fetch(
            "select desired from gateway.transitions where batch_id = $1 order by version", batch_id
        )
    done = [reply.json()["data"] for reply in replies if reply.status_code == 200]
    assert {reply.status_code for reply in replies} <= {200, 400, 404}
    final = await client.get(f"/api/v1/batches/{batch_id}/progress")
    status = final.json()["data"]["status"] if final.status_code == 200 else "deleted"
    assert status in [data["status"] for data in done], "the last change that was acknowledged stands"
    assert status == {"running": "queued", "held": "pending"}.get(rows[-1]["desired"], rows[-1]["desired"])
    if len(done) == 2:
        first, second = sorted(done, key=lambda data: data["status"] == status)
        assert second["previous_status"] == first["status"]
