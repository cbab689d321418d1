"""The web server in this process' own event loop, stopped by the one Stop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from shared.stopping import Stop

_BACKLOG = 2_048
_DRAIN_SECONDS = 15
_KEEP_ALIVE_SECONDS = 75


class PortTaken(Exception):
    """The address can't be listened on; the text says which and what to do."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the Stop."""
        yield


class WebServer:
    """Listens from its making on; serves while `run` runs, then lets open requests end."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self._listener = listener
        self._server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws="none",
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_DRAIN_SECONDS,
            )
        )

    async def run(self, stop: Stop) -> None:
        serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        asking = asyncio.create_task(stop.wait())
        await asyncio.wait((serving, asking), return_when=asyncio.FIRST_COMPLETED)
        self._server.should_exit = True
        asking.cancel()
        await serving


@asynccontextmanager
async def listening(host: str, port: int) -> AsyncIterator[socket.socket]:
    """Raises PortTaken."""
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server((host, port), family=info[0], backlog=_BACKLOG)
    except OSError as error:
        raise PortTaken(f"{host}:{port} can't be listened on ({error.strerror}); set another PORT") from error
    with listener:
        # Accepted connections inherit it. asyncio sets it only on sockets that name their protocol, and
        # without it the body of each reply waits 40 ms for the acknowledgement of its headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setblocking(False)
        yield listener
