"""A canary listens on every address of this machine, and the downloader is given every way known to us of
writing one that is not public. Each is a failure of class blocked_address, and the canary hears of nobody."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from services.analyzer.address_guard import parse_allow_nets
from services.analyzer.download import Downloader
from services.analyzer.memory import Memory
from shared.error_classes import ErrorClass

_HOSTS = """
127.0.0.1 127.0.0.2 127.255.255.254 127.1 127.0.1 127.1. 127.0.0.1. 127.0.0.1.. 2130706433
0x7f000001 0x7f.1 0x7f.0x1 0x7F.0x0.0x0.0x1 0x7f.0.0.01 0177.0.0.1 0177.0.0.01 017700000001 00000177.0.0.1
0177.0x0.0.1
①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 127．0．0．1 127.0.0.１ ⑯⑨。②⑤④。⑯⑨｡②⑤④ 127%2e0%2e0%2e1 %31%32%37.0.0.1
0 0. 0.0.0.0 localhost LOCALHOST localhost. ⓛocalhost a.localhost
user@127.0.0.1 user:word@127.0.0.1 8.8.8.8@127.0.0.1 a.example.com%40@127.0.0.1 127.0.0.1%00.example.com
[::1] [::] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::1%25lo] [::1%lo]
[::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:7F00:0001] [::127.0.0.1] [::7f00:1] [::ffff:0:127.0.0.1]
[64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [2001:db8::1]
[fe80::1] [fe80::1%25lo] [fe80::1%lo] [fec0::1] [fc00::1] [fd00::1] [ff02::1] [ff05::2]
10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 192.0.0.192 198.18.0.1 224.0.0.1 255.255.255.255 4294967295
169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518 0xa9.254.0251.254 [::ffff:a9fe:a9fe]
"""
HOSTS = _HOSTS.split()
REDIRECTED = ["127.0.0.1", "127.1", "2130706433", "localhost", "[::1]", "[::ffff:7f00:1]", "user@127.0.0.1"]
REDIRECTED += ["0177.0.0.1", "127.0.0.1.", "169.254.169.254"]


class Canary:
    """Counts who connects to its port, at any address of this machine."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    async def __aenter__(self) -> "Canary":
        self._v4 = await asyncio.start_server(self._heard, "0.0.0.0", 0)
        self.port = self._v4.sockets[0].getsockname()[1]
        self._v6 = await asyncio.start_server(self._heard, "::", self.port) if socket.has_ipv6 else None
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in (self._v4, self._v6):
            if server is not None:
                server.close()

    def _heard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    async with Canary() as canary:
        yield canary
        assert canary.connections == 0


async def failure(downloader: Downloader, url: str) -> ErrorClass:
    with Memory(100_000_000).portion() as portion:
        outcome: Any = await downloader.fetch(url, portion)
    assert "not public" in outcome.message, (url, outcome)
    assert not outcome.again
    cls: ErrorClass = outcome.error_class
    return cls


async def test_no_way_to_write_a_private_address_reaches_it(canary: Canary) -> None:
    assert len(HOSTS) + len(REDIRECTED) >= 60
    async with Downloader((), at_once=100) as downloader:
        found = {host: await failure(downloader, f"http://{host}:{canary.port}/1.jpg") for host in HOSTS}
    assert {host: kind for host, kind in found.items() if kind is not ErrorClass.BLOCKED_ADDRESS} == {}


async def test_redirects_lead_nowhere_else(canary: Canary) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.query["to"]})

    application = web.Application()
    application.router.add_get("/away", away)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with Downloader(parse_allow_nets(f"127.0.0.1/32:{port}"), at_once=10) as downloader:
            for host in REDIRECTED:
                url = f"http://127.0.0.1:{port}/away?to=http://{host}:{canary.port}/1.jpg"
                assert await failure(downloader, url) is ErrorClass.BLOCKED_ADDRESS, host
    finally:
        await runner.cleanup()


async def test_a_name_that_changes_its_address_is_looked_at_each_time(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name server gives a public address to whoever asks first, then one inside, then both."""
    answers = [["127.0.0.1"], ["::1"], ["127.0.0.1", "::1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.9"]]
    asked: list[str] = []

    def rebinding(host: str, port: int, *args: Any, **words: Any) -> list[Any]:
        asked.append(host)
        public = [] if len(asked) % 2 else ["127.0.0.7"]
        found = public or answers[len(asked) // 2 % len(answers)]
        kinds = [socket.AF_INET6 if ":" in one else socket.AF_INET for one in found]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (one, port)) for kind, one in zip(kinds, found, strict=True)
        ]

    async def redirecting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What stands at the public address sends everybody on to a name of its own."""
        await reader.readuntil(b"\r\n\r\n")
        to = f"http://inner{len(asked)}.example.com:{canary.port}/2.jpg"
        writer.write(f"HTTP/1.1 302 -\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    monkeypatch.setattr("services.analyzer.resolver.socket.getaddrinfo", rebinding)
    public = await asyncio.start_server(redirecting, "127.0.0.7", 0)
    port = public.sockets[0].getsockname()[1]
    async with Downloader(parse_allow_nets(f"127.0.0.7/32:{port}"), at_once=10) as downloader:
        for turn in range(10):
            url = f"http://outer{turn}.example.com:{port}/1.jpg"
            assert await failure(downloader, url) is ErrorClass.BLOCKED_ADDRESS
    public.close()
    assert len(asked) > 10
