"""Twenty uploads at once beside fifty pollers and a million rows: reads stay quick, and right."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from tests.faults.memory import peak_mb, rss_mb
from tests.workload import World, world

_ROWS = 1_000_000
_UPLOADS, _POLLERS = 20, 50
_MB = 1 << 20
_WAVES = 3
# The document's example asks every few seconds.
_EVERY_SECONDS = 1.0


class Pollers:
    """Each asks for one thing again and again, as a page would; `took` in seconds."""

    def __init__(self, session: aiohttp.ClientSession, batch: str) -> None:
        self.took: list[float] = []
        self._session = session
        self._best = 0
        self._paths = [f"/{batch}/progress", f"/{batch}", "", f"/{batch}/status", f"/{batch}/results"]
        self._batch = batch

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(_POLLERS):
                path = "/api/v1/batches" + self._paths[number % len(self._paths)]
                group.create_task(self._poll(path, number / _POLLERS))

    async def _poll(self, path: str, offset: float) -> None:
        await asyncio.sleep(offset * _EVERY_SECONDS)
        while True:
            began = time.monotonic()
            # What was seen before this request was sent, no reply to it may fall behind.
            best = self._best
            async with self._session.get(path) as reply:
                assert reply.status == 200, (path, reply.status, await reply.text())
                body = await reply.json()
            self.took.append(time.monotonic() - began)
            if path.endswith("/progress"):
                counted = body["data"]["processed_count"]
                assert counted >= best, f"progress fell from {best} to {counted}"
                self._best = max(self._best, counted)
            await asyncio.sleep(max(0.0, began + _EVERY_SECONDS - time.monotonic()))


def _file(own: World, path: Path, rows: int, note: str) -> Path:
    with path.open("w") as file:
        file.write("url,note\n")
        for number in range(rows):
            file.write(f"{own.images.url}/good/{number}.jpg?size=2000,{note}\n")
    return path


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_MB // 4):
            yield block


async def _upload(session: aiohttp.ClientSession, path: Path, name: str) -> str:
    form = aiohttp.FormData({"batch_name": name})
    form.add_field("file", _blocks(path), filename="urls.csv", content_type="text/csv")
    async with session.post("/api/v1/batches", data=form) as reply:
        assert reply.status == 201, (reply.status, await reply.text())
        body = await reply.json()
    return str(body["data"]["batch_id"])


async def _rush(own: World, big: Path, small: Path) -> tuple[list[float], list[float]]:
    """How long each read took, in seconds, and the gateway's memory after each wave, in MB."""
    pid = own.system.pid("gateway-1")
    memory: list[float] = []
    connector = aiohttp.TCPConnector(limit=_UPLOADS + _POLLERS)
    timeout = aiohttp.ClientTimeout(total=300)
    async with aiohttp.ClientSession(own.system.base_url, connector=connector, timeout=timeout) as session:
        batch = await _upload(session, big, "a million")
        pollers = Pollers(session, batch)
        polling = asyncio.create_task(pollers.run())
        for wave in range(_WAVES):
            uploads = (_upload(session, small, f"{wave}-{number}") for number in range(_UPLOADS))
            await asyncio.gather(*uploads)
            memory.append(rss_mb(pid))
        assert not polling.done(), polling.exception()
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    return pollers.took, memory


def test_twenty_uploads_and_fifty_pollers_beside_a_million_rows(tmp_path: Path) -> None:
    with world({"delay": 0.1}, REQUESTS_PER_MINUTE="1800") as own:
        big = _file(own, tmp_path / "big.csv", _ROWS, "n")
        small = _file(own, tmp_path / "small.csv", 100_000, "n" * 54)
        assert 9.5 * _MB < small.stat().st_size < 11 * _MB
        took, memory = asyncio.run(_rush(own, big, small))
        peak = peak_mb(own.system.pid("gateway-1"))
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    said = f"{len(took)} reads: p50 {took[len(took) // 2]:.3f} s, p99 {p99:.3f} s; {memory=}, {peak=}"
    print(said)
    assert p99 < 0.3, said
    # A wave is 200 MB.
    assert memory[-1] < memory[-2] + 10, said
    assert peak < 200, said
