"""A gateway with AUTH=keys: keys, roles, sessions, their tokens, the audit log, the limit's headers."""

import asyncio
import contextlib
import io
import os
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.gateway import keys_command
from services.gateway.access import Role
from tests.contract.gateway import CSV, Gateway, create, data_of, database, running
from tests.contract.test_gateway_contract import check, check_error
from tests.servers import Servers

SECRET = "0123456789abcdef0123456789abcdef"
ORIGIN = "https://analyzer.example"
LIMIT = 80


@pytest.fixture(scope="module")
def gateway(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Behind a proxy that speaks TLS, as containers are."""
    settings = {
        "AUTH": "keys",
        "AUTH_SECRET": SECRET,
        "HOST": "0.0.0.0",
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "API_REQUESTS_PER_HOUR": str(LIMIT),
    }
    with running(servers, template, tmp_path_factory.mktemp("keys"), 197, **settings) as started:
        yield started


def command(gateway: Gateway, *argv: str) -> str:
    """What `python -m services.gateway keys` prints."""
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        patch.setitem(os.environ, "DATABASE_URL", gateway.database_url)
        patch.setitem(os.environ, "AUTH_SECRET", SECRET)
        assert keys_command.main(argv) == 0
    return output.getvalue()


@pytest.fixture(scope="module")
def made(gateway: Gateway) -> dict[Role, str]:
    """A key of each role, made by command."""
    roles = [role for role in Role if role is not Role.ANYONE]
    return {
        role: command(gateway, "create", "--role", role, "--name", f"the {role}").split()[0] for role in roles
    }


@pytest.fixture
async def admin(gateway: Gateway, made: dict[Role, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(gateway, made[Role.ADMIN]) as client:
        yield client


@pytest.fixture
async def browser(gateway: Gateway, made: dict[Role, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in as an operator, through the proxy."""
    async with page_client(gateway) as client:
        reply = await client.post("/login", data={"key": made[Role.OPERATOR], "next": "/?page=1"})
        assert (reply.status_code, reply.headers["location"]) == (303, "/?page=1")
        assert "HttpOnly; SameSite=Lax; Secure" in reply.headers["set-cookie"]
        client.headers["Cookie"] = reply.headers["set-cookie"].partition(";")[0]
        yield client


def client_of(gateway: Gateway, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=gateway.url, timeout=30, headers={"Authorization": f"Bearer {key}"})


async def another(admin: httpx.AsyncClient, name: str) -> tuple[str, str]:
    """A viewer's key and its id."""
    reply = await admin.post("/admin/keys", json={"name": name, "role": "viewer"})
    return reply.json()["data"]["key"], reply.json()["data"]["key_id"]


def page_client(gateway: Gateway) -> httpx.AsyncClient:
    headers = {
        "Accept": "text/html",
        "Host": "analyzer.example",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
    }
    return httpx.AsyncClient(base_url=gateway.url, timeout=30, headers=headers)


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/api/v1/batches", Role.VIEWER),
        ("POST", "/api/v1/batches", Role.OPERATOR),
        ("GET", "/admin/keys", Role.ADMIN),
        ("GET", "/", Role.VIEWER),
    ],
)
async def test_who_may_not_is_told_by_401_or_403(
    gateway: Gateway, made: dict[Role, str], method: str, path: str, needed: Role
) -> None:
    """The whole table is walked in the unit tests."""
    for role in [role for role in Role if not role.may(needed)]:
        headers = {"X-API-Key": made[role]} if role in made else {}
        async with httpx.AsyncClient(base_url=gateway.url, timeout=30, headers=headers) as client:
            reply = await client.request(method, path)
            check_error(reply, 401 if role is Role.ANYONE else 403, "AuthError")
            assert ("www-authenticate" in reply.headers) == (role is Role.ANYONE)


async def test_the_roles_may_what_they_are_for(gateway: Gateway, made: dict[Role, str]) -> None:
    async with client_of(gateway, made[Role.OPERATOR]) as operator:
        batch_id = await create(operator)
        assert (await operator.post(f"/api/v1/batches/{batch_id}/pause")).status_code == 200
    async with client_of(gateway, made[Role.VIEWER]) as viewer:
        assert (await viewer.get(f"/api/v1/batch/{batch_id}")).status_code == 200
        check_error(await viewer.post(f"/api/v1/batch/{batch_id}/resume"), 403, "AuthError")
        check_error(await viewer.get("/api/v1/nothing"), 404, "NotFound")
        check_error(await viewer.put("/api/v1/batches"), 405, "MethodNotAllowed")
        assert (await viewer.get("/", headers={"Accept": "text/html"})).text.count("New batch") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer ia_wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic dTpw"},
        {"X-API-Key": ""},
        {"X-API-Key": "é" * 3000},
        {"Cookie": "ia_session=none"},
        {"Cookie": f"ia_session={uuid4().hex}.99999999999.{'0' * 64}"},
        {},
    ],
)
async def test_what_is_no_key_comes_no_further(gateway: Gateway, headers: dict[str, str]) -> None:
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        for path in ("/api/v1/batches", "/api/v1/nothing"):
            reply = await client.get(path, headers=sent)
            check_error(reply, 401, "AuthError")
            assert reply.headers["www-authenticate"].startswith("Bearer")


async def test_keys_are_made_shown_once_listed_and_revoked(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    reply = await admin.post("/admin/keys", json={"name": "robot", "role": "viewer"})
    assert reply.status_code == 201
    new = reply.json()["data"]
    check(new, {"key": str, "key_id": str, "name": str, "role": str, "created_at": str, "created_by": str})
    assert new["key"].startswith("ia_")
    assert new["created_by"] == "the admin"
    async with client_of(gateway, new["key"]) as robot:
        assert (await robot.get("/api/v1/batches")).status_code == 200, "at once"
        listed = await data_of(admin, "/admin/keys")
        found = next(key for key in listed["keys"] if key["key_id"] == new["key_id"])
        assert found["last_used_at"] is not None
        assert new["key"] not in (await admin.get("/admin/keys")).text
        for _ in range(2):
            revoked = await admin.delete(f"/admin/keys/{new['key_id']}")
            assert revoked.json()["data"]["revoked_at"] is not None
        deadline = time.monotonic() + 5
        while (await robot.get("/api/v1/batches")).status_code != 401:
            assert time.monotonic() < deadline, "a revoked key still works"
            await asyncio.sleep(0.1)
    check_error(await admin.delete(f"/admin/keys/{uuid4()}"), 404, "NotFound")
    log = (gateway.blobs.parent / "gateway.log").read_text()
    async with database(gateway) as connection:
        tables = str(await connection.fetch("select to_jsonb(k)::text from gateway.api_keys k"))
        tables += str(await connection.fetch("select to_jsonb(a)::text from gateway.audit a"))
    assert new["key"] not in log + tables


@pytest.mark.parametrize(
    "body",
    [
        {"role": "viewer"},
        {"name": "x", "role": "anyone"},
        {"name": "x", "role": "viewer", "more": 1},
        {"name": "\0 ", "role": "viewer"},
        {"name": "x" * 10_000, "role": "viewer"},
        {"name": 1, "role": "viewer"},
        [],
    ],
)
async def test_bad_wishes_for_keys_are_refused(admin: httpx.AsyncClient, body: Any) -> None:
    before = (await data_of(admin, "/admin/keys"))["count"]
    check_error(await admin.post("/admin/keys", json=body), 400, "ValidationError")
    assert (await data_of(admin, "/admin/keys"))["count"] == before


def test_the_command_lists_and_revokes(gateway: Gateway) -> None:
    lines = command(gateway, "create", "--role", "viewer", "--name", "to go").splitlines()
    key_id = lines[1].split()[0]
    assert lines[0] not in command(gateway, "list")
    assert "revoked" in command(gateway, "revoke", key_id)
    assert "to go" in command(gateway, "list")


async def test_pages_ask_for_a_login_and_come_back(gateway: Gateway, made: dict[Role, str]) -> None:
    async with page_client(gateway) as client:
        reply = await client.get("/batch/1?x=1")
        assert (reply.status_code, reply.headers["location"]) == (303, "/login?next=%2Fbatch%2F1%3Fx%3D1")
        login = await client.get(reply.headers["location"])
        assert login.status_code == 200
        assert 'value="/batch/1?x=1"' in login.text
        assert (await client.get("/static/app.css")).status_code == 200
        wrong = await client.post("/login", data={"key": "ia_no", "next": "//evil.example"})
        assert wrong.status_code == 401
        assert "not valid" in wrong.text
        foreign = await client.post(
            "/login", data={"key": made[Role.VIEWER]}, headers={"Origin": "http://evil"}
        )
        assert foreign.status_code == 403


async def test_a_session_acts_with_its_token_only(browser: httpx.AsyncClient) -> None:
    home = (await browser.get("/")).text
    token = token_in(home)
    assert f'name="csrf-token" content="{token}"' in home
    upload = {"file": ("shops.csv", CSV)}
    json = {"Accept": "application/json", "Origin": ORIGIN}
    check_error(await browser.post("/api/v1/batches", files=upload, headers=json), 403, "AuthError")
    wrong = {**json, "X-CSRF-Token": token[::-1]}
    check_error(await browser.post("/api/v1/batches", files=upload, headers=wrong), 403, "AuthError")
    reply = await browser.post("/api/v1/batches", files=upload, headers={**json, "X-CSRF-Token": token})
    assert reply.status_code == 201
    path = f"/batch/{reply.json()['data']['batch_id']}"
    assert token_in((await browser.get(path)).text) == token
    assert (await browser.post(f"{path}/pause")).status_code == 403
    assert (await browser.post(f"{path}/pause", data={"csrf": "x"})).status_code == 403
    assert (await browser.post(f"{path}/pause", data={"csrf": token})).status_code == 303
    assert "paused" in (await browser.get(path)).text
    out = await browser.post("/logout", data={"csrf": token})
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert "ia_session=; Path=/; Max-Age=0" in out.headers["set-cookie"]


async def test_a_session_ends_with_its_key(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    key, key_id = await another(admin, "short")
    async with page_client(gateway) as client:
        reply = await client.post("/login", data={"key": key})
        client.headers["Cookie"] = reply.headers["set-cookie"].partition(";")[0]
        assert (await client.get("/")).status_code == 200
        assert 'href="/admin"' not in (await client.get("/system/status")).text, "it does not open for them"
        assert f"/keys/{key_id}/revoke" in (await admin.get("/admin")).text
        assert (await client.post(f"/keys/{key_id}/revoke")).status_code == 403
        pressed = await admin.post(f"/keys/{key_id}/revoke")
        assert (pressed.status_code, pressed.headers["location"]) == (303, "/admin#keys")
        deadline = time.monotonic() + 5
        while (await client.get("/")).status_code != 303:
            assert time.monotonic() < deadline, "a session outlives its key"
            await asyncio.sleep(0.1)


async def test_a_live_stream_ends_when_its_key_is_revoked(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    key, key_id = await another(admin, "watcher")
    async with client_of(gateway, key) as client, client.stream("GET", "/api/v1/events") as stream:
        assert stream.status_code == 200
        lines = stream.aiter_lines()
        first = await create(admin, batch_name="seen by the watcher")
        async with asyncio.timeout(20):
            assert [line async for line in _until(lines, str(first))]
            await admin.delete(f"/admin/keys/{key_id}")
            while (await client.get("/api/v1/ping")).status_code != 401:
                await asyncio.sleep(0.1)
            second = await create(admin, batch_name="not seen any more")
            assert not [line async for line in lines if str(second) in line]


async def _until(lines: AsyncIterator[str], words: str) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if words in line:
            return


async def test_every_change_leaves_a_row_that_admins_read(
    gateway: Gateway, admin: httpx.AsyncClient, made: dict[Role, str]
) -> None:
    async with client_of(gateway, made[Role.OPERATOR]) as operator:
        operator.headers["X-Forwarded-For"] = "6.6.6.6, 203.0.113.9"
        batch_id = await create(operator, batch_name="audited")
        paused = await operator.post(f"/api/v1/batches/{batch_id}/pause")
        await operator.post(f"/api/v1/batches/{batch_id}/pause")
        check_error(await operator.post(f"/api/v1/batches/{batch_id}/start"), 400, "BatchStateError")
        check_error(await operator.delete(f"/api/v1/batches/{batch_id}"), 403, "AuthError")
    first = await data_of(admin, "/admin/audit", batch_id=str(batch_id), limit=1)
    assert first["next_before"] == first["entries"][0]["id"]
    second = await data_of(admin, "/admin/audit", batch_id=str(batch_id), before=first["next_before"])
    entries = [*first["entries"], *second["entries"]]
    assert [entry["action"] for entry in entries] == ["pause", "create"], "newest first, what happened alone"
    assert (second["next_before"], second["count"]) == (None, 1)
    row = entries[0]
    assert (row["actor"], row["role"], row["outcome"]) == ("the operator", "operator", "done")
    assert row["address"] == "203.0.113.9"
    assert row["request_id"] == paused.headers["x-request-id"]
    assert row["details"]["status"] == "queued"
    assert row["at"].endswith("Z")
    refused = await data_of(admin, "/admin/audit", action="request", key_id=row["key_id"])
    assert refused["entries"][0]["outcome"] == "refused"
    assert refused["entries"][0]["details"] == {"method": "DELETE", "path": f"/api/v1/batches/{batch_id}"}


async def test_the_audit_log_only_grows(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    async with database(gateway) as connection:
        for statement in (
            "update gateway.audit set actor = 'nobody'",
            "delete from gateway.audit",
            "truncate gateway.audit",
        ):
            with pytest.raises(asyncpg.RaiseError, match="append-only"):
                await connection.execute(statement)
    for params in ({"before": 0}, {"before": 2**70}, {"batch_id": "none"}, {"limit": 0}):
        check_error(await admin.get("/admin/audit", params=params), 400, "ValidationError")
    assert (await data_of(admin, "/admin/audit", limit=10_000, action="\0"))["count"] == 0


async def test_each_reply_tells_the_limit_and_the_last_one_is_429(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    key, _ = await another(admin, "busy")
    async with client_of(gateway, key) as client:
        page = await client.get("/", headers={"Accept": "text/html"})
        assert "ratelimit-limit" not in page.headers
        remaining, status = LIMIT, 200
        deadline = time.monotonic() + 30
        while status != 429:
            assert time.monotonic() < deadline
            reply = await client.get(f"/api/v1/batches/{UUID(int=1)}")
            status = reply.status_code
            # On a busy machine Redis may be too slow to be waited for: then there is no header.
            if told := reply.headers.get("ratelimit-remaining"):
                assert reply.headers["ratelimit-limit"] == str(LIMIT)
                assert 3_530 < int(reply.headers["ratelimit-reset"]) <= 3_660
                assert int(told) < remaining or status == 429
                remaining = int(told)
        check_error(reply, 429, "RateLimited")
        assert remaining == 0
        assert 0 < int(reply.headers["retry-after"]) <= 3_660
        assert (await client.get("/", headers={"Accept": "text/html"})).status_code == 200


async def test_no_other_way_leads_an_operator_to_what_admins_do(
    gateway: Gateway, made: dict[Role, str]
) -> None:
    async with client_of(gateway, made[Role.OPERATOR]) as operator:
        batch_id = str(await create(operator))
        body = {"action": "delete", "batch_ids": [batch_id], "force": True}
        check_error(await operator.post("/api/v1/batches/bulk", json=body), 403, "AuthError")
        check_error(await operator.post(f"/batch/{batch_id}/delete"), 403, "AuthError")
        allowed = await operator.post(
            "/api/v1/batches/bulk", json={"action": "pause", "batch_ids": [batch_id]}
        )
        assert allowed.json()["data"]["succeeded"] == 1


async def test_an_export_is_ended_by_who_asked_for_it_or_an_operator(
    gateway: Gateway, admin: httpx.AsyncClient, made: dict[Role, str]
) -> None:
    own_key, _ = await another(admin, "asks")
    other_key, _ = await another(admin, "looks")
    async with (
        client_of(gateway, own_key) as own,
        client_of(gateway, other_key) as other,
        client_of(gateway, made[Role.OPERATOR]) as operator,
    ):
        first, second = [
            (await own.post("/api/v1/exports", json={"limit": 1})).json()["data"]["export_id"] for _ in "ab"
        ]
        assert (await other.get(f"/api/v1/exports/{first}")).json()["data"]["status"] == "queued"
        for method, path in (("POST", f"{first}/cancel"), ("DELETE", first)):
            refused = await other.request(method, f"/api/v1/exports/{path}")
            assert (refused.status_code, refused.json()["error_type"]) == (403, "AuthError")
        assert (await own.post(f"/api/v1/exports/{first}/cancel")).json()["data"]["status"] == "cancelled"
        assert (await operator.delete(f"/api/v1/exports/{second}")).status_code == 200
