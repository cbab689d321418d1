"""The image server. It speaks just enough HTTP/1.1 for the replies of `routes.py`, on purpose: a web
framework's 100 µs a request would be a fifth of what the whole system under test takes for an image."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from tests.fakes.images.routes import Reply, route
from tests.fakes.pictures import base

_MAX_HEAD = 64 * 1024
_FOREVER = 3600.0
_DRIPS = 10
_LORIS_SECONDS = 0.1


class ImageServer:
    """`requests` counts by path; `url` is the origin."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.url = ""
        self._connections: set[_Connection] = set()

    def reply(self, target: str) -> Reply:
        if target.startswith("/_stats"):
            return Reply(body=json.dumps(self.requests).encode(), content_type="application/json")
        seen = self.requests[target]
        self.requests[target] = seen + 1
        return route(target, seen)

    def connect(self) -> "_Connection":
        return _Connection(self, self._connections)

    def close(self) -> None:
        for connection in list(self._connections):
            connection.close()


class _Connection(asyncio.Protocol):
    """One keep-alive connection: requests are answered one after another, in order."""

    def __init__(self, server: ImageServer, open_ones: "set[_Connection]") -> None:
        self._server = server
        self._open = open_ones
        self._received = b""
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        self._writable.set()
        if self._task:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > _MAX_HEAD:
            self._transport.close()
        elif self._task is None:
            self._answer_received()

    def close(self) -> None:
        self._transport.abort()

    def _answer_received(self) -> None:
        while (end := self._received.find(b"\r\n\r\n")) >= 0 and not self._transport.is_closing():
            line = self._received[: self._received.find(b"\r\n")]
            self._received = self._received[end + 4 :]
            method, _, rest = line.decode("latin-1").partition(" ")
            reply = self._server.reply(rest.rpartition(" ")[0])
            if method == "HEAD":
                self._transport.write(reply.head())
            elif reply.wait or reply.drip or reply.then:
                self._task = asyncio.create_task(self._perform(reply))
                return
            else:
                self._transport.write(reply.head() + reply.body)

    async def _perform(self, reply: Reply) -> None:
        """A reply that takes its time; the requests behind it wait."""
        await asyncio.sleep(reply.wait)
        self._transport.write(reply.head())
        step = len(reply.body) // _DRIPS + 1 if reply.drip else len(reply.body) + 1
        for start in range(0, len(reply.body), step):
            self._transport.write(reply.body[start : start + step])
            await asyncio.sleep(reply.drip / _DRIPS)
        while reply.then == "repeat" and not self._transport.is_closing():
            await self._writable.wait()
            self._transport.write(reply.body)
            await asyncio.sleep(0)
        while reply.then == "loris" and not self._transport.is_closing():
            self._transport.write(b"\0")
            await asyncio.sleep(_LORIS_SECONDS)
        if reply.then == "stall":
            await asyncio.sleep(_FOREVER)
        if reply.then == "close":
            self._transport.close()
        self._task = None
        self._answer_received()


@asynccontextmanager
async def serve(port: int = 0) -> AsyncIterator[ImageServer]:
    """The image server on a loopback port of its own, until the block ends."""
    images = ImageServer()
    listener = await asyncio.get_running_loop().create_server(images.connect, "127.0.0.1", port, backlog=1024)
    images.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    base()
    try:
        yield images
    finally:
        listener.close()
        images.close()
