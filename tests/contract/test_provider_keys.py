"""The provider's keys, for admins: shown by fingerprint, paused, resumed, retired."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from redis.asyncio import Redis

from services.analyzer.key_watch import KeyWatch
from services.analyzer.keys import KeyRing
from shared import metrics
from shared.keys_text import fingerprint
from shared.limited_by import LimitedBy, Limits
from tests.api_keys import parse
from tests.contract.gateway import Gateway, began, create, data_of, running
from tests.contract.test_gateway_contract import check_error
from tests.integration.analyzer_parts import pool_of
from tests.servers import Servers

KEYS = "shop:secret-one,secret-two"
ONE, TWO = fingerprint("secret-one"), fingerprint("secret-two")


@pytest.fixture(scope="module")
def gateway(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(servers, template, tmp_path_factory.mktemp("keys"), 196, VISION_API_KEYS=KEYS) as started:
        yield started


async def shown(client: httpx.AsyncClient) -> dict[str, Any]:
    data = await data_of(client, "/admin/provider-keys")
    assert data["count"] == len(data["keys"])
    return {key["fingerprint"]: key for key in data["keys"]}


async def test_what_the_provider_said_is_shown_and_no_key(
    client: httpx.AsyncClient, gateway: Gateway
) -> None:
    async with Redis.from_url(gateway.redis_url) as store:
        await store.hset("quota:keys", ONE, "quarantined|9999999999999|1700000000000|API key not valid")
        await store.hset("quota:keys", TWO, "ok|0|1700000000000|")
        await store.hset(f"quota:group:{TWO}", mapping={"limit": 38, "rest": 9999999999999, "refused": 2})
        event: dict[Any, Any] = {
            "key": ONE,
            "group": "shop",
            "state": "quarantined",
            "reason": "why",
            "at": 1700000000000,
        }
        await store.xadd("quota:events", {**event, "worker": "analyzer-1"})
    keys = await shown(client)
    assert (keys[ONE]["state"], keys[ONE]["reason"]) == ("quarantined", "API key not valid")
    assert keys[ONE]["group"] == "shop"
    assert keys[ONE]["until"] == "2286-11-20T17:46:39.999000Z"
    assert (keys[TWO]["state"], keys[TWO]["calls_per_minute"]) == ("cooling", 38)
    assert all(key["is_configured"] for key in keys.values())
    page = await client.get("/admin", headers={"Accept": "text/html"})
    assert ONE in page.text
    assert "API key not valid" in page.text
    assert "secret" not in page.text
    reply = await client.get("/admin/provider-keys")
    assert "secret" not in reply.text
    assert TWO in (await client.get("/system/status")).text
    for action, state in (("pause", "paused"), ("resume", "cooling")):
        pressed = await client.post(f"/provider-keys/{TWO}/{action}")
        assert (pressed.status_code, pressed.headers["location"]) == (303, "/admin#provider")
        assert (await shown(client))[TWO]["state"] == state
    assert reply.json()["data"]["events"] == [{**event, "at": "2023-11-14T22:13:20Z", "worker": "analyzer-1"}]


async def test_a_key_is_paused_resumed_and_retired_and_the_analyzers_obey(
    client: httpx.AsyncClient, gateway: Gateway
) -> None:
    async with Redis.from_url(gateway.redis_url) as store, pool_of(gateway.database_url) as pool:
        ring = KeyRing(parse(KEYS))
        watch = KeyWatch(ring, store, pool, Limits(store), 55)

        async def used() -> list[str]:
            await watch.look()
            return sorted(print_ for prints in ring.groups.values() for print_ in prints)

        async def act(action: str, **body: str) -> httpx.Response:
            return await client.post(f"/admin/provider-keys/{ONE}/{action}", json=body)

        for _ in range(2):
            paused = await act("pause", reason="who pays for it?")
            assert paused.json()["data"] == {"fingerprint": ONE, "wanted": "paused"}
        assert await used() == [TWO]
        assert metrics.KEY_STATE.labels(ONE, "shop", "paused")._value.get() == 1
        assert metrics.QUOTA_LIMIT.labels("shop")._value.get() == 0, "it has no key that may be used"
        key = (await shown(client))[ONE]
        assert (key["state"], key["reason"], key["changed_by"]) == ("paused", "who pays for it?", "local")
        assert (await act("resume")).json()["data"]["wanted"] == "used"
        assert await used() == sorted([ONE, TWO])
        assert (await act("retire")).json()["data"]["wanted"] == "retired"
        for action in ("pause", "resume"):
            check_error(await act(action), 400, "ValidationError")
        assert await used() == [TWO]
        assert (await shown(client))[ONE]["state"] == "retired"
        log = await data_of(client, "/admin/audit", action="retire_provider_key")
        assert log["entries"][0]["details"] == {"fingerprint": ONE, "reason": ""}
        ring.change(parse("secret-two"))
        await used()
        told = {sample.labels["key"] for metric in metrics.KEY_STATE.collect() for sample in metric.samples}
        assert told == {TWO}, "a key that was removed must not alarm for ever"


@pytest.mark.parametrize("body", [{"reason": 1}, {"why": "x"}, {"reason": "x" * 201}, []])
async def test_bad_wishes_are_refused(client: httpx.AsyncClient, body: Any) -> None:
    check_error(await client.post(f"/admin/provider-keys/{TWO}/pause", json=body), 400, "ValidationError")
    assert (await shown(client))[TWO]["state"] != "paused"


async def test_a_key_that_nobody_knows_is_not_found(client: httpx.AsyncClient) -> None:
    check_error(await client.post("/admin/provider-keys/0123456789ab/pause"), 404, "NotFound")


async def test_progress_says_what_the_analyzers_wait_for(client: httpx.AsyncClient, gateway: Gateway) -> None:
    """Of slow hosts only that batch hears whose pictures are there."""
    batch, other = await create(client), await create(client)
    await began(gateway, other)

    async def limited_by(asked: UUID) -> str | None:
        found: str | None = (await data_of(client, f"/api/v1/batches/{asked}/progress"))["limited_by"]
        return found

    async def until_told(why: str, sentence: str) -> None:
        deadline = time.monotonic() + 5
        while await limited_by(batch) != why:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        page = await client.get(f"/batch/{batch}", headers={"Accept": "text/html"})
        assert sentence in page.text

    async with Redis.from_url(gateway.redis_url) as store:
        limits = Limits(store)
        limits.note_hosts({batch})
        await limits.say()
        assert await limited_by(batch) is None, "it has not started"
        await began(gateway, batch)
        await until_told("hosts", "Its pictures&#39; hosts set the rate")
        assert await limited_by(other) is None
        for why in (LimitedBy.QUOTA, LimitedBy.KEYS):
            limits.note(why)
        await limits.say()
        await until_told("keys", "No key of the provider may be used now")
        assert await limited_by(other) == "keys"
