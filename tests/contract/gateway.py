"""A gateway in a process of its own on the session's servers, and what other services would write."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from dev.ports import free_port
from shared.topics import create_topics
from tests.local_servers import end, launch
from tests.servers import Servers, fresh_database

START_SECONDS = 60
# Less than in earnest, so that tests of the limit send less.
MAX_UPLOAD_MB = 64
CSV = b"url,branch\nhttps://example.com/1.jpg,Leeds\nhttps://example.com/2.jpg,Lyon\nnone,Oslo\n"


@dataclass(frozen=True)
class Gateway:
    url: str
    database_url: str
    redis_url: str
    kafka: str
    topic_prefix: str
    blobs: Path
    pid: int

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=30)

    def blob_files(self) -> list[Path]:
        """Also those that are being written."""
        return [path for path in self.blobs.rglob("*") if path.is_file()]


@contextmanager
def running(servers: Servers, template: str, folder: Path, number: int, **settings: str) -> Iterator[Gateway]:
    """`number`: of its logical database in Redis, 192 to 200."""
    redis_url = f"{servers.redis_url.rpartition('/')[0]}/{number}"
    prefix = f"g{free_port()}."
    asyncio.run(create_topics(servers.kafka, prefix))
    with fresh_database(servers, template) as database_url:
        port, ops_port = free_port(), free_port()
        environment = {
            **servers.environment(),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "TOPIC_PREFIX": prefix,
            "PORT": str(port),
            "OPS_PORT": str(ops_port),
            "DATA_DIR": str(folder),
            "INSTANCE": "gateway-1",
            "API_REQUESTS_PER_HOUR": "0",
            **settings,
        }
        with (folder / "gateway.log").open("w") as log:
            process = launch("services.gateway", environment, log.fileno(), subprocess.STDOUT)
            try:
                _wait(f"http://127.0.0.1:{ops_port}/readyz", process, folder / "gateway.log")
                url = f"http://127.0.0.1:{port}"
                yield Gateway(
                    url, database_url, redis_url, servers.kafka, prefix, folder / "blobs", process.pid
                )
            finally:
                status = end(process)
        assert status == 0, (folder / "gateway.log").read_text()


def _wait(url: str, process: subprocess.Popen[str], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)


@pytest.fixture(scope="session")
def gateway(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Tests of all kinds share it: none may look at what is not its own."""
    folder = tmp_path_factory.mktemp("gateway")
    with running(servers, template, folder, 200, MAX_UPLOAD_MB=str(MAX_UPLOAD_MB)) as started:
        yield started


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client() as made:
        yield made


@asynccontextmanager
async def database(gateway: Gateway) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    connection = await asyncpg.connect(gateway.database_url, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def create(client: httpx.AsyncClient, csv: bytes = CSV, **fields: str) -> UUID:
    """A new batch's id."""
    reply = await client.post("/api/v1/batches", files={"file": ("shops.csv", csv)}, data=fields)
    assert reply.status_code == 201, reply.text
    return UUID(reply.json()["data"]["batch_id"])


async def data_of(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    reply = await client.get(path, params=params)
    assert reply.status_code == 200, reply.text
    return reply.json()["data"]


async def began(gateway: Gateway, batch_id: UUID, seconds_ago: float = 60) -> None:
    """As ingest would say it: started, and the first slice handed out."""
    async with database(gateway) as connection:
        await connection.execute(
            "insert into ingest.batches (batch_id, started_at, next_row)"
            " values ($1, now() - make_interval(secs => $2), 2)",
            batch_id,
            seconds_ago,
        )
        await connection.execute(
            "update gateway.transitions set at = now() - make_interval(secs => $2) where batch_id = $1",
            batch_id,
            seconds_ago,
        )


async def counted(
    gateway: Gateway,
    batch_id: UUID,
    chunk_no: int,
    successful: int,
    failed: int,
    cost: int = 0,
    units: int = 0,
) -> None:
    """As the exporter would count it."""
    async with database(gateway) as connection:
        await connection.execute(
            "insert into exporter.chunks (batch_id, chunk_no, processed, successful, failed, attempts,"
            " errors, cost, units, worker, first_result_at, last_result_at)"
            " values ($1, $2, $3::int, $4, $5, $3::int, $6::jsonb, $7, $8, 'analyzer-2',"
            " now() - interval '9 seconds', now())",
            batch_id,
            chunk_no,
            successful + failed,
            successful,
            failed,
            f'{{"http_4xx": {failed}}}' if failed else "{}",
            cost,
            units,
        )


async def ended(gateway: Gateway, batch_id: UUID, kind: str) -> None:
    async with database(gateway) as connection:
        await connection.execute(
            "insert into lifecycle.terminal (batch_id, run, kind, successful, failed)"
            " values ($1, 1, $2, 0, 0)",
            batch_id,
            kind,
        )
