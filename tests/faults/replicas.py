"""Services as a cluster runs them: several replicas, a front that knows who is ready, rolling updates."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import NamedTuple

from dev.ports import free_port
from dev.services import says_ready
from tests.local_servers import launch

START_SECONDS = 60
# What terminationGracePeriodSeconds leaves after preStop.
STOP_SECONDS = 30
# A cluster's endpoints take seconds to forget a pod (preStop waits for that), this front takes none.
FORGOTTEN_SECONDS = 0.5


class Front:
    """A Service of Kubernetes: each new connection goes to one of those behind it, in turn."""

    def __init__(self) -> None:
        self.port = free_port()
        self.behind: list[int] = []
        self._turn = itertools.count()
        self._passing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._begin, "127.0.0.1", self.port)
        try:
            yield
        finally:
            server.close()
            for passing in self._passing:
                passing.cancel()
            await asyncio.gather(*self._passing, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = asyncio.create_task(self._pass(reader, writer))
        self._passing.add(passing)
        passing.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = self.behind[next(self._turn) % len(self.behind)]
        with closing(writer), suppress(OSError):  # where one goes away, so does the other
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            with closing(far_writer):
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


class Replica(NamedTuple):
    name: str
    process: subprocess.Popen[str]
    # Where its users come: the gateway's pages, the exporter's exports.
    port: int


class Cluster:
    """`fronts` stand before the gateway and the exporter."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.fronts = {"gateway": Front(), "exporter": Front()}
        self._environment = {
            **environment,
            "DATA_DIR": str(folder),
            "BLOB_URL": (folder / "blobs").as_uri(),
            "EXPORTER_URL": f"http://127.0.0.1:{self.fronts['exporter'].port}",
        }
        self._folder = folder
        self._numbers = itertools.count(1)
        self._replicas: dict[str, list[Replica]] = defaultdict(list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.fronts['gateway'].port}"

    async def start(self, service: str) -> None:
        """One replica more, routed to once it is ready."""
        name, port, ops_port = f"{service}-{next(self._numbers)}", free_port(), free_port()
        own = {"INSTANCE": name, "PORT": str(port), "OPS_PORT": str(ops_port)}
        with (self._folder / f"{name}.log").open("w") as log:
            process = launch(
                f"services.{service}", {**self._environment, **own}, log.fileno(), subprocess.STDOUT
            )
        replica = Replica(name, process, port if service == "gateway" else ops_port)
        self._replicas[service].append(replica)
        async with asyncio.timeout(START_SECONDS):
            while not await says_ready(ops_port):
                assert process.poll() is None, self._said(replica)
                await asyncio.sleep(0.1)
        if front := self.fronts.get(service):
            front.behind.append(replica.port)

    async def roll(self, service: str) -> list[float]:
        """Replaces each replica, the new one ready first. How long each old one took to end, in seconds."""
        took = []
        for old in [*self._replicas[service]]:
            await self.start(service)
            self._replicas[service].remove(old)
            if front := self.fronts.get(service):
                front.behind.remove(old.port)
                await asyncio.sleep(FORGOTTEN_SECONDS)
            old.process.terminate()
            told = time.monotonic()
            try:
                code = await asyncio.to_thread(old.process.wait, STOP_SECONDS)
            finally:
                old.process.kill()
            took.append(time.monotonic() - told)
            assert code == 0, self._said(old)
        return took

    async def stop(self) -> None:
        for replicas in self._replicas.values():
            for replica in replicas:
                replica.process.terminate()
        for replica in itertools.chain.from_iterable(self._replicas.values()):
            try:
                await asyncio.to_thread(replica.process.wait, STOP_SECONDS)
            finally:
                replica.process.kill()

    def _said(self, replica: Replica) -> str:
        return f"{replica.name}: {(self._folder / f'{replica.name}.log').read_text()[-3000:]}"
