"""Hostile input at every route: the envelope, a sentence, never a 5xx."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from services.gateway.openapi.operations import OPERATIONS
from tests.contract.documented import World

_LONG = "x" * 10_000
_TEXTS = ("", "\0", "😀 <script>", "-1", "9" * 40, "2025-13-45", _LONG)
_PATHS = ("none", "0", "\0", "😀", "<b>x</b>", "%2e%2e%2f", "{batch_id}", "x" * 2_000)
_VALUES: tuple[Any, ...] = (
    None,
    1,
    -1,
    10**40,
    1.5,
    True,
    "",
    "\0",
    "😀",
    _LONG,
    [],
    [[]],
    {},
    {"a": 1},
    ["x"] * 300,
)
_BODIES = (
    b"{", b"nonsense", b"[]", b"null", b'"text"', b"1", b"\xff\xfe{}", b'{"a": "\\ud800"}', b"\0",
    b"[" * 100_000, b'{"a":' * 50_000, b'{"unknown_field": 1}', b'{"a": 1e999}', b"{}" * 2,
)  # fmt: skip


def requests_to(name: str, described: Any, real_id: str) -> Iterator[dict[str, Any]]:
    """Each with one thing wrong, as arguments of a request."""
    method, path = name.split()
    here = path.replace("{batch_id}", real_id)
    if "{" in path:
        for text in _PATHS:
            yield {"method": method, "url": _filled(path, text)}
    for parameter in described["parameters"]:
        if parameter["in"] == "query":
            for text in _TEXTS:
                yield {"method": method, "url": here, "params": {parameter["name"]: text}}
        if parameter["in"] == "header":
            for text in ("", "x" * 5_000):
                yield {"method": method, "url": here, "headers": {parameter["name"]: text}}
    if method == "GET":
        return
    for body in _BODIES:
        yield {
            "method": method,
            "url": here,
            "content": body,
            "headers": {"Content-Type": "application/json"},
        }
    for field in fields_of(described):
        for value in _VALUES:
            yield {"method": method, "url": here, "json": {field: value}}


def fields_of(described: Any) -> list[str]:
    content = described.get("requestBody", {}).get("content", {})
    return [*content.get("application/json", {}).get("example", {})]


def _filled(path: str, text: str) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + quote(text, safe="") + rest.partition("}")[2]
    return path


def check_reply(reply: httpx.Response, arguments: dict[str, Any]) -> None:
    said = f"{arguments} got {reply.status_code} {reply.text[:300]}"
    assert reply.status_code < 500, said
    if reply.status_code >= 400:
        body = reply.json()
        assert body["success"] is False, said
        assert body["error"].strip().endswith((".", "!")), f"{said}: {body['error']}"
        assert body["error_type"], said
        assert len(body["error"]) < 1_000, said


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_wrong_is_refused_with_a_sentence(name: str, live: World, described: Any) -> None:
    method, path = name.split()
    real_id = str(live.made("hostile", auto_start="false"))
    for arguments in requests_to(name, described["paths"][path][method.lower()], real_id):
        with live.client.stream(**arguments) as reply:
            if not reply.headers.get("content-type", "").startswith("text/event-stream"):
                reply.read()
                check_reply(reply, arguments)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/nothing", "/admin/nothing", "/api/v1/batches/x/y/z"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_what_is_not_there_is_said_so(path: str, method: str, live: World) -> None:
    reply = live.client.request(method, path)
    assert reply.status_code in (404, 405)
    check_reply(reply, {"method": method, "url": path})


def test_names_are_kept_as_text(live: World) -> None:
    for name in ("<img src=x onerror=alert(1)>", "😀 & “quotes”", "a" * 10_000, "{{ 7 * 7 }}"):
        batch_id = live.made(name)
        shown = live.act(batch_id, "", "GET").json()["data"]["batch_info"]["batch_name"]
        assert shown == name[:200]
        assert "<img src=x" not in live.client.get(f"/batch/{batch_id}").text


def test_a_client_that_goes_away_leaves_nothing(live: World) -> None:
    before = live.client.get("/api/v1/batches").json()["data"]["total"], len(live.gateway.blob_files())
    url = httpx.URL(live.gateway.url)
    head = (
        f"POST /api/v1/batches HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nContent-Length: 100000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nurl\nhttps://example.com/1\n'
    )
    for part in (head, head[: len(head) // 2], "GET /api/v1/batches HTTP/1.1\r\nHost: x"):
        with socket.create_connection((url.host, url.port or 80), timeout=10) as connection:
            connection.sendall(part.encode())
    live.made("after")
    after = live.client.get("/api/v1/batches").json()["data"]["total"], len(live.gateway.blob_files())
    assert after == (before[0] + 1, before[1] + 2)
