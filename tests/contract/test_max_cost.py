"""A batch that could pass its max_cost is paused with a reason, and goes on with a higher one."""

import time
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.contract.gateway import CSV, Gateway, began, counted, create, data_of, database
from tests.contract.test_gateway_contract import check_error


async def short(gateway: Gateway, batch_id: UUID, max_cost: int) -> None:
    """As ingest would say it."""
    async with database(gateway) as connection:
        await connection.execute(
            "update ingest.batches set short_of = $2 where batch_id = $1", batch_id, max_cost
        )


async def progress_when(
    client: httpx.AsyncClient, batch_id: UUID, status: str, seconds: float = 10
) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while (seen := await data_of(client, f"/api/v1/batches/{batch_id}/progress"))["status"] != status:
        assert time.monotonic() < deadline, seen
    return dict(seen)


@pytest.mark.parametrize("value", ["0", "-1", "1e3", "nan", "lots", "0.0000001", "1,50", "9" * 40])
async def test_a_limit_that_is_no_sum_is_refused_by_a_sentence(client: httpx.AsyncClient, value: str) -> None:
    reply = await client.post("/api/v1/batches", files={"file": ("a.csv", CSV)}, data={"max_cost": value})
    check_error(reply, 400, "ValidationError")
    assert "max_cost is a sum in US dollars above 0, such as 12.50" in reply.json()["error"]


async def test_a_batch_is_paused_at_its_limit_and_resumed_with_a_higher_one(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client, max_cost=" 0.50 ", batch_name="dear")
    path = f"/api/v1/batches/{batch_id}"
    await began(gateway, batch_id)
    await counted(gateway, batch_id, 1, successful=2, failed=0, cost=19_000)
    await short(gateway, batch_id, 400_000)
    seen = await data_of(client, f"{path}/progress")
    assert (seen["status"], seen["max_cost"], seen["cost"]) == ("processing", 0.5, 0.019)
    await short(gateway, batch_id, 500_000)
    seen = await progress_when(client, batch_id, "paused")
    assert (seen["pause_reason"], seen["is_active"]) == ("max_cost", True)
    entry = (await data_of(client, "/admin/audit", batch_id=str(batch_id), limit=1))["entries"][0]
    assert (entry["action"], entry["actor"], entry["details"]["reason"]) == ("pause", "system", "max_cost")
    page = (await client.get(f"/batch/{batch_id}")).text
    assert 'name="max_cost" value="1.00"' in page
    assert "its next rows, up to 64, could cost more than the 0.50 USD" in page
    for body in ({}, {"max_cost": 0.5}, {"max_cost": 0.1}):
        refused = await client.post(f"{path}/resume", json=body)
        check_error(refused, 400, "BatchStateError")
        assert (
            "its next rows, up to 64, could cost more than its max_cost of 0.5 USD" in refused.json()["error"]
        )
        assert 'Send a higher one, as in {"max_cost": 1.00}' in refused.json()["error"]
    for wrong in ({"max_cost": 0}, {"max_cost": "much"}, {"max_costs": 9}):
        check_error(await client.post(f"{path}/resume", json=wrong), 400, "ValidationError")
    assert (await client.post(f"{path}/resume", json={"max_cost": 0.75})).status_code == 200
    seen = await progress_when(client, batch_id, "processing")
    assert (seen["pause_reason"], seen["max_cost"]) == (None, 0.75)


async def test_who_set_a_limit_of_less_than_a_slice_is_told_a_sum_that_helps(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client, max_cost="0.001")
    await began(gateway, batch_id)
    await short(gateway, batch_id, 1_000)
    await progress_when(client, batch_id, "paused")
    refused = await client.post(f"/api/v1/batches/{batch_id}/resume")
    check_error(refused, 400, "BatchStateError")
    assert "its max_cost of 0.001 USD" in refused.json()["error"]
    assert '{"max_cost": 1.00}' in refused.json()["error"]
    assert 'name="max_cost" value="1.00"' in (await client.get(f"/batch/{batch_id}")).text


async def test_a_limit_can_be_raised_before_it_is_reached_and_by_the_page(
    gateway: Gateway, client: httpx.AsyncClient
) -> None:
    batch_id = await create(client, max_cost="1")
    await began(gateway, batch_id)
    raised = await client.post(f"/api/v1/batches/{batch_id}/resume", json={"max_cost": 2})
    assert (raised.json()["data"]["changed"], raised.json()["data"]["status"]) == (True, "processing")
    await short(gateway, batch_id, 2_000_000)
    await progress_when(client, batch_id, "paused")
    sent = await client.post(f"/batch/{batch_id}/resume", data={"max_cost": "3.5"})
    assert sent.status_code == 303
    seen = await progress_when(client, batch_id, "processing")
    assert (seen["max_cost"], seen["pause_reason"]) == (3.5, None)
    bulk = {"action": "resume", "batch_ids": [str(batch_id)], "max_cost": 4}
    assert (await client.post("/api/v1/batches/bulk", json=bulk)).json()["data"]["succeeded"] == 1
    assert (await data_of(client, f"/api/v1/batches/{batch_id}/progress"))["max_cost"] == 4.0


async def test_a_clone_has_its_source_s_limit_or_its_own(client: httpx.AsyncClient) -> None:
    source = await create(client, max_cost="1.5")
    for body, limit in (({}, 1.5), ({"max_cost": 9.25}, 9.25)):
        made = await client.post(f"/api/v1/batches/{source}/clone", json=body)
        path = f"/api/v1/batch/{made.json()['data']['batch_id']}"
        assert (await data_of(client, path))["batch_info"]["max_cost"] == limit
