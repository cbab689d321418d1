"""A rolling update of every service under load: no 5xx, nothing paid twice, each old replica gone in 30 s."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp

from tests.fakes.process import image_process, vision_process
from tests.fakes.vision import assert_paid_once, read_log
from tests.faults.replicas import Cluster
from tests.local_servers import ROOT, data_folder, started
from tests.workload import environment

_REPLICAS = {"gateway": 2, "exporter": 2, "analyzer": 2, "ingest": 1, "monitor": 1}
_ROWS = 20_000
_SMALL = 30
_END_SECONDS = 240


class Load:
    """Users who poll, upload and download, each request over a connection of its own."""

    def __init__(self, http: aiohttp.ClientSession, images: str) -> None:
        self.statuses: Counter[int] = Counter()
        self.uploaded: list[str] = []
        self._http = http
        self._images = images
        self._next = 0

    def urls(self, count: int) -> list[str]:
        self._next += count
        return [f"{self._images}/good/{n}.jpg?size=2000" for n in range(self._next - count, self._next)]

    async def ask(self, method: str, path: str, **options: Any) -> str:
        async with self._http.request(method, path, **options) as reply:
            body = await reply.text()
            self.statuses[reply.status] += 1
            assert reply.status < 500, f"{method} {path}: {reply.status} {body[:500]}"
            return body

    async def data(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self.ask("GET", path))["data"]
        return found

    async def upload(self, count: int) -> str:
        form = aiohttp.FormData()
        content = "\n".join(["url", *self.urls(count)])
        form.add_field("file", content.encode(), filename="urls.csv", content_type="text/csv")
        reply = json.loads(await self.ask("POST", "/api/v1/batches", data=form))
        batch = str(reply["data"]["batch_id"])
        self.uploaded.append(batch)
        return batch

    async def ended(self, batch: str) -> dict[str, Any]:
        async with asyncio.timeout(_END_SECONDS):
            while (seen := await self.data(f"/api/v1/batches/{batch}/progress"))["is_active"]:
                await asyncio.sleep(0.2)
        return seen

    async def export(self, batch: str) -> list[dict[str, str]]:
        return [
            *csv.DictReader(io.StringIO(await self.ask("GET", f"/api/v1/export/batch/{batch}?format=csv")))
        ]

    async def poll(self, batch: str) -> None:
        best = 0
        while True:
            seen = await self.data(f"/api/v1/batches/{batch}/progress")
            assert seen["processed_count"] >= best
            best = seen["processed_count"]
            await self.ask("GET", "/")
            await asyncio.sleep(0.05)

    async def keep_uploading(self) -> None:
        while True:
            await self.upload(_SMALL)
            await asyncio.sleep(0.5)

    async def keep_exporting(self, batch: str) -> None:
        while True:
            assert len(await self.export(batch)) == _SMALL
            await asyncio.sleep(0.1)


async def _update_all(cluster: Cluster, load: Load) -> None:
    small = await load.upload(_SMALL)
    await load.ended(small)
    big = await load.upload(_ROWS)
    async with asyncio.TaskGroup() as users:
        tasks = [
            users.create_task(work)
            for work in (load.poll(big), load.keep_uploading(), load.keep_exporting(small))
        ]
        for service in _REPLICAS:
            took = await cluster.roll(service)
            print(f"{service}: ended after {', '.join(f'{seconds:.1f}' for seconds in took)} s")
            await asyncio.sleep(1)
        assert (await load.data(f"/api/v1/batches/{big}/progress"))["is_active"], "the load ended too early"
        for task in tasks:
            task.cancel()
    for batch in load.uploaded:
        seen = await load.ended(batch)
        assert seen["status"] == "completed"
        assert seen["successful_count"] == seen["total_urls"]
    rows = await load.export(big)
    assert sorted(int(row["row_no"]) for row in rows) == list(range(1, _ROWS + 1))


async def _run(settings: dict[str, str], folder: Path, images: str) -> Load:
    cluster = Cluster(settings, folder)
    connector = aiohttp.TCPConnector(force_close=True)
    timeout = aiohttp.ClientTimeout(total=60)
    async with AsyncExitStack() as stack:
        for front in cluster.fronts.values():
            await stack.enter_async_context(front.listening())
        stack.push_async_callback(cluster.stop)
        for service, count in _REPLICAS.items():
            for _ in range(count):
                await cluster.start(service)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(cluster.url, connector=connector, timeout=timeout)
        )
        load = Load(http, images)
        await _update_all(cluster, load)
    await asyncio.sleep(0.1)  # for the last connections to close
    return load


def test_a_rolling_update_of_every_service_is_seen_by_nobody() -> None:
    with data_folder() as folder, image_process() as images, started() as (database, redis, kafka):
        servers = {"DATABASE_URL": database, "REDIS_URL": redis, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        journal = folder / "vision.jsonl"
        with vision_process(journal, delay=0.5, jitter=0.3) as vision:
            settings = environment(vision, images, {"MAX_CONCURRENT_REQUESTS": "5", **servers})
            command = [sys.executable, "-m", "services.migrate"]
            subprocess.run(command, env={**settings, "PATH": ""}, cwd=ROOT, check=True, timeout=60)
            load = asyncio.run(_run(settings, folder, images.url))
        print(f"replies: {dict(load.statuses)}")
        assert assert_paid_once(read_log(journal)) == 0, "nobody was killed, so nothing is paid twice"
