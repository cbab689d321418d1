"""HEAD, OPTIONS, wrong methods and unknown paths, at every kind of address."""

import asyncio
import time

import httpx
import pytest

from tests.contract.gateway import create


@pytest.mark.parametrize(
    "path", ["/api/v1/batches?q=none", "/api/v1/health", "/?q=none", "/static/app.css", "/api/v1/nothing"]
)
async def test_head_answers_as_get_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    differ = {"x-request-id", "date", "content-length", "transfer-encoding"}
    assert {name: v for name, v in head.headers.items() if name not in differ} == {
        name: v for name, v in got.headers.items() if name not in differ
    }


async def test_head_of_an_endless_stream_ends(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(5):
        head = await client.head("/events")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v1/batches", "GET, HEAD, POST, OPTIONS"),
        ("/api/v1/batches/x", "GET, HEAD, DELETE, OPTIONS"),
        ("/api/v1/batch/x/pause", "POST, OPTIONS"),
        ("/static/app.css", "GET, HEAD, OPTIONS"),
        ("/upload", "POST, OPTIONS"),
    ],
)
async def test_options_and_a_wrong_method_say_what_is_allowed(
    client: httpx.AsyncClient, path: str, allowed: str
) -> None:
    options = await client.options(path, headers={"Origin": str(client.base_url).rstrip("/")})
    assert (options.status_code, options.content, options.headers["allow"]) == (204, b"", allowed)
    assert not [name for name in options.headers if name.startswith("access-control")]
    for method in ("PUT", "TRACE"):
        wrong = await client.request(method, path)
        assert (wrong.status_code, wrong.json()["error_type"]) == (405, "MethodNotAllowed")
        assert wrong.headers["allow"] == allowed
        assert allowed.split(",")[0] in wrong.json()["error"]


async def test_an_unknown_path_is_unknown_to_every_method(client: httpx.AsyncClient) -> None:
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        reply = await client.request(method, "/api/v1/nothing/here")
        assert (reply.status_code, reply.json()["error_type"]) == (404, "NotFound")


async def test_head_of_a_batch_waits_for_nobody(client: httpx.AsyncClient) -> None:
    began = time.monotonic()
    head = await client.head(f"/api/v1/batches/{await create(client)}")
    assert int(head.headers["x-polling-interval"]) >= 1
    assert time.monotonic() - began < 5
