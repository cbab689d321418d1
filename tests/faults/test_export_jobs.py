"""An exporter is killed while it makes an export in the background: the next one makes it whole, with the
bytes of an undisturbed one, and nobody sees a part of it."""

import asyncio
import hashlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from dev.ports import free_port
from shared.exporting import Format, folder_of
from tests.contract.gateway import Gateway, running
from tests.local_servers import end, launch
from tests.servers import Servers

_ROWS = 300_000
_SECONDS = 120
_RESULTS = """
insert into exporter.results (
    batch_id, row_no, chunk_no, attempt, url, success, text_content, store_name, analysis_result,
    processing_time_seconds, cache_hit, created_at
)
select
    $1, n, (n - 1) / 2000 + 1, 1, 'https://example.com/' || n || '.jpg', true, repeat(md5(n::text), 12),
    'Shop ' || n, json_build_object('row', n), 0.1, false, '2025-11-02T10:00:00Z'
from generate_series(1, $2::int) as n
"""
_CHUNKS = """
insert into exporter.chunks (
    batch_id, chunk_no, processed, successful, failed, attempts, first_result_at, last_result_at
)
select $1, c, 2000, 2000, 0, 2000, now(), now() from generate_series(1, $2::int / 2000) as c
"""


class World:
    def __init__(self, servers: Servers, gateway: Gateway, folder: Path, batch: UUID) -> None:
        self.gateway = gateway
        self.client = httpx.Client(base_url=gateway.url, timeout=30)
        self.batch = batch
        self._log = (folder / "exporter.log").open("w")
        self._environment = {
            **servers.environment(),
            "DATABASE_URL": gateway.database_url,
            "REDIS_URL": gateway.redis_url,
            "TOPIC_PREFIX": gateway.topic_prefix,
            "BLOB_URL": gateway.blobs.as_uri(),
            "OPS_PORT": str(free_port()),
            "INSTANCE": "exporter-1",
        }
        self._exporter: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._exporter = launch("services.exporter", self._environment, self._log.fileno(), subprocess.STDOUT)

    def kill(self) -> None:
        assert self._exporter
        self._exporter.kill()
        self._exporter.wait()

    def close(self) -> None:
        if self._exporter is not None:
            end(self._exporter)
        self._log.close()
        self.client.close()

    def asked(self, **body: Any) -> str:
        reply = self.client.post("/api/v1/exports", json=body)
        assert reply.status_code == 202, reply.text
        return str(reply.json()["data"]["export_id"])

    def seen(self, export: str) -> Any:
        return self.client.get(f"/api/v1/exports/{export}").json()["data"]

    def wait_for(self, export: str, condition: Callable[[Any], bool], poll: float = 0.1) -> Any:
        deadline = time.monotonic() + _SECONDS
        while not condition(seen := self.seen(export)):
            assert time.monotonic() < deadline, seen
            time.sleep(poll)
        return seen

    def completed(self, export: str) -> Any:
        return self.wait_for(export, lambda seen: seen["status"] in ("completed", "failed"))


@pytest.fixture(scope="module")
def world(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("exports")
    with running(servers, template, folder, 199) as gateway:
        made = World(servers, gateway, folder, asyncio.run(_loaded(gateway.database_url)))
        made.start()
        try:
            yield made
        finally:
            made.close()


async def _loaded(database_url: str) -> UUID:
    batch = uuid4()
    connection = await asyncpg.connect(database_url, timeout=10)
    await connection.execute(
        "insert into gateway.batches (batch_id, name, original_filename, total_urls, chunk_size, columns,"
        " region, rows_path, upload_path, desired)"
        " values ($1, 'shops', 'f.csv', $2, 2000, '{}', 'US', 'r', 'u', 'running')",
        batch,
        _ROWS,
    )
    await connection.execute(_RESULTS, batch, _ROWS, timeout=120)
    await connection.execute(_CHUNKS, batch, _ROWS)
    await connection.close()
    return batch


def _body(world: World, kind: str) -> dict[str, Any]:
    if kind == "zip":
        return {"batch_ids": [str(world.batch)]}
    return {"batch_id": str(world.batch), "format": kind}


@pytest.mark.parametrize("kind", [*Format, "zip"])
def test_a_killed_exporter_leaves_an_export_that_goes_on_by_itself(world: World, kind: str) -> None:
    undisturbed = world.completed(world.asked(**_body(world, kind)))
    assert (undisturbed["status"], undisturbed["rows_done"]) == ("completed", _ROWS)
    export = world.asked(**_body(world, kind))
    world.wait_for(export, lambda seen: seen["status"] == "running", poll=0.01)
    _until_written(world.gateway.blobs / folder_of(UUID(export)))
    world.kill()
    broken = world.seen(export)
    assert broken["is_active"], "it was killed too late"
    assert world.client.get(f"/api/v1/exports/{export}/file").status_code == 400
    world.start()
    again = world.completed(export)
    assert (again["status"], again["rows_done"]) == ("completed", _ROWS)
    assert again["sha256"] == undisturbed["sha256"]
    file = world.client.get(again["download_url"]).content
    assert hashlib.sha256(file).hexdigest() == again["sha256"]
    assert [path.name for path in (world.gateway.blobs / folder_of(UUID(export))).iterdir()] == ["2"]


def _until_written(folder: Path) -> None:
    """A part of the file, or for some time: a workbook is made elsewhere first."""
    deadline = time.monotonic() + 0.7
    while time.monotonic() < deadline and not any(folder.glob("*")):
        time.sleep(0.01)
