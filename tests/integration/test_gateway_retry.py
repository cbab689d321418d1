"""Retry through the gateway: what it wants, what it says, and that it never asks twice (rule 3)."""

import asyncio
from uuid import UUID, uuid4

import httpx

from services.exporter.storing import store
from shared.error_classes import ErrorClass
from shared.ids import result_id
from tests.contract.gateway import Gateway, began, create, data_of, database, ended
from tests.integration.results_world import result

ROWS = 6
CSV = b"url\n" + b"".join(b"https://example.com/%d.jpg\n" % n for n in range(ROWS))
# Rows 1 and 2 time out, row 3 has no host, the others succeed.
FAILED = {1: ErrorClass.TIMEOUT, 2: ErrorClass.TIMEOUT, 3: ErrorClass.DNS}


async def completed(gateway: Gateway, client: httpx.AsyncClient) -> UUID:
    """A batch of chunks of two rows that ended a minute after its start, a minute ago."""
    batch_id = await create(client, CSV, chunk_size="2")
    await began(gateway, batch_id, seconds_ago=120)
    async with database(gateway) as connection, connection.transaction():
        rows = range(1, ROWS + 1)
        await store(connection, [result(batch_id, n, chunk_size=2, error_class=FAILED.get(n)) for n in rows])
    await ended(gateway, batch_id, "completed")
    async with database(gateway) as connection:
        await connection.execute(
            "update lifecycle.terminal set at = now() - interval '60 seconds' where batch_id = $1", batch_id
        )
    return batch_id


async def wanted(gateway: Gateway, batch_id: UUID) -> dict[int, int]:
    async with database(gateway) as connection:
        rows = await connection.fetch("select * from gateway.wanted where batch_id = $1", batch_id)
    return {row["row_no"]: row["attempt"] for row in rows}


async def test_a_retry_is_a_new_run_that_keeps_every_result(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await completed(gateway, client)
    reply = await client.post(f"/api/v1/batches/{batch_id}/retry")
    assert reply.status_code == 200, reply.text
    said = reply.json()["data"]
    assert (said["retried_count"], said["run"], said["retry_count"]) == (3, 2, 1)
    assert (said["previous_status"], said["status"], said["changed"]) == ("completed", "processing", True)
    assert (said["batch_id"], said["started"]) == (str(batch_id), True)
    assert await wanted(gateway, batch_id) == {1: 2, 2: 2, 3: 2}
    info = (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]
    assert (info["status"], info["is_active"], info["completed_at"]) == ("processing", True, None)
    assert (info["processed_count"], info["failed_count"], info["retry_count"]) == (6, 3, 1)
    assert info["current_chunk"] == 1
    chunks = (await data_of(client, f"/api/v1/batches/{batch_id}/chunks"))["chunks"]
    assert [chunk["status"] for chunk in chunks] == ["retrying", "retrying", "completed"]
    again = (await client.post(f"/api/v1/batches/{batch_id}/retry")).json()
    assert (again["data"]["changed"], again["data"]["retried_count"]) == (False, 0)
    assert "already" in again["message"]


async def test_time_between_runs_is_nobodys(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await completed(gateway, client)
    assert (await client.post(f"/api/v1/batches/{batch_id}/retry")).status_code == 200
    timing = (await data_of(client, f"/api/v1/batch/{batch_id}"))["timing"]
    assert 59 < timing["active_seconds"] < 75
    assert 59 < timing["elapsed_seconds"] < 75


async def test_classes_choose_rows_and_no_row_changes_nothing(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await completed(gateway, client)
    path = f"/api/v1/batches/{batch_id}/retry"
    nothing = (await client.post(path, json={"error_class": "crashed"})).json()["data"]
    assert (nothing["retried_count"], nothing["run"], nothing["status"]) == (0, 1, "completed")
    assert nothing["changed"] is False
    bodies: list[object] = [{"error_class": "slow"}, {"error_clas": "dns"}, {"error_classes": "dns"}, [1]]
    for body in bodies:
        refused = await client.post(path, json=body)
        assert (refused.status_code, refused.json()["error_type"]) == (400, "ValidationError")
    said = (await client.post(path, json={"error_classes": ["dns"]})).json()["data"]
    assert said["retried_count"] == 1
    assert await wanted(gateway, batch_id) == {3: 2}


async def test_one_failed_result_is_retried_by_its_id(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await completed(gateway, client)
    for unknown in (uuid4(), result_id(batch_id, 99), "none"):
        missing = await client.post(f"/api/v1/results/{unknown}/retry")
        assert (missing.status_code, missing.json()["error_type"]) == (404, "NotFound")
    good = await client.post(f"/api/v1/results/{result_id(batch_id, 4)}/retry")
    assert (good.status_code, good.json()["error_type"]) == (400, "ValidationError")
    assert "succeeded" in good.json()["error"]
    said = (await client.post(f"/api/v1/results/{result_id(batch_id, 3)}/retry")).json()["data"]
    assert (said["batch_id"], said["retried_count"]) == (str(batch_id), 1)
    assert await wanted(gateway, batch_id) == {3: 2}


async def test_retries_at_the_same_instant_are_one(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await completed(gateway, client)
    replies = await asyncio.gather(*(client.post(f"/api/v1/batches/{batch_id}/retry") for _ in range(6)))
    said = [reply.json()["data"] for reply in replies]
    assert sorted(one["retried_count"] for one in said) == [0, 0, 0, 0, 0, 3]
    assert {one["run"] for one in said} == {2}
    assert set((await wanted(gateway, batch_id)).values()) == {2}


async def test_a_retry_that_was_cancelled_keeps_its_results_and_is_over(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await completed(gateway, client)
    assert (await client.post(f"/api/v1/batches/{batch_id}/retry")).status_code == 200
    assert (await client.post(f"/api/v1/batches/{batch_id}/cancel")).json()["data"]["status"] == "cancelled"
    info = (await data_of(client, f"/api/v1/batch/{batch_id}"))["batch_info"]
    assert (info["status"], info["processed_count"]) == ("cancelled", 6)
    refused = await client.post(f"/api/v1/batches/{batch_id}/retry")
    assert (refused.status_code, refused.json()["error_type"]) == (400, "BatchStateError")


async def test_what_has_not_ended_is_not_retried(gateway: Gateway, client: httpx.AsyncClient) -> None:
    batch_id = await create(client)
    refused = await client.post(f"/api/v1/batches/{batch_id}/retry")
    assert (refused.status_code, refused.json()["error_type"]) == (400, "BatchStateError")
    assert (await client.post(f"/api/v1/batches/{uuid4()}/retry")).status_code == 404
