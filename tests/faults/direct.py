"""A gateway, one exporter in a process of its own, and a large batch, for faults of direct downloads."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx

from dev.ports import free_port
from tests.bench.results_loader import load
from tests.contract.gateway import Gateway, running
from tests.local_servers import launch
from tests.servers import Servers

_SECONDS = 60


class Direct:
    def __init__(self, servers: Servers, gateway: Gateway, batch: UUID, port: int, log: Path) -> None:
        self.gateway = gateway
        self.batch = batch
        self._port = port
        self._log = log
        self._environment = {
            **servers.environment(),
            "DATABASE_URL": gateway.database_url,
            "REDIS_URL": gateway.redis_url,
            "TOPIC_PREFIX": gateway.topic_prefix,
            "BLOB_URL": gateway.blobs.as_uri(),
            "OPS_PORT": str(port),
            "INSTANCE": "exporter-1",
        }

    def start(self) -> None:
        """Until it answers."""
        with self._log.open("a") as log:
            self.exporter = launch("services.exporter", self._environment, log.fileno(), subprocess.STDOUT)
        deadline = time.monotonic() + _SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)

    def kill(self) -> None:
        self.exporter.kill()
        self.exporter.wait(_SECONDS)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self._port}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def direct(servers: Servers, template: str, folder: Path, number: int, rows: int) -> Iterator[Direct]:
    """`number` is that of a gateway in Redis. The exporter is killed at the end."""
    port = free_port()
    with running(servers, template, folder, number, EXPORTER_URL=f"http://127.0.0.1:{port}") as gateway:
        batch = asyncio.run(_loaded(gateway.database_url, rows))
        made = Direct(servers, gateway, batch, port, folder / "exporter.log")
        made.start()
        try:
            yield made
        finally:
            made.kill()


async def _loaded(database_url: str, rows: int) -> UUID:
    connection = await asyncpg.connect(database_url)
    try:
        return await load(connection, rows, "large")
    finally:
        await connection.close()
