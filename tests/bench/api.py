"""How quickly the gateway replies, beside an empty FastAPI route and the statement of a progress reply."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
from rich.console import Console
from rich.table import Table

from dev.ports import free_port
from services.gateway import snapshot
from shared import postgres
from shared.settings import CommonSettings
from tests.bench.load import summary
from tests.local_servers import started
from tests.workload import World, until, world

_ROWS = 2_000
_SECONDS = 5.0
_UPLOADS = 40
# One request at a time tells how long one takes; eight at once what a gateway can take.
_CONNECTIONS = (1, 8)
Figures = dict[str, float]


def measure(console: Console) -> None:
    with started() as (database_url, redis_url, kafka):
        own = world(DATABASE_URL=database_url, REDIS_URL=redis_url, KAFKA_BOOTSTRAP_SERVERS=kafka)
        with own as running, _empty_route() as empty:
            batch = running.submit(running.urls(_ROWS))
            running.wait_end(batch, 120)
            for connections in _CONNECTIONS:
                console.print(_table(running, database_url, batch, empty, connections))
            console.print(_created(running))


def _table(running: World, database_url: str, batch: str, empty: str, connections: int) -> Table:
    base = f"{running.system.base_url}/api/v1/batches"
    urls = {"empty route": empty, "progress": f"{base}/{batch}/progress", "detail": f"{base}/{batch}"}
    figures = {name: _load(url, connections) for name, url in {**urls, "list": base}.items()}
    figures["bare SELECT"] = asyncio.run(_select(database_url, UUID(batch), connections))
    progress, empty_route, select = (
        figures[name]["p50"] for name in ("progress", "empty route", "bare SELECT")
    )
    ratio = progress / (empty_route + select)
    table = Table(
        title=f"{connections} connection(s); progress takes {ratio:.2f} of an empty route and its SELECT"
    )
    for column in ("", "requests/s", "p50 ms", "p99 ms"):
        table.add_column(column, justify="right" if column else "left")
    for name, figure in figures.items():
        table.add_row(name, f"{figure['rate']:,.0f}", f"{figure['p50']:.2f}", f"{figure['p99']:.2f}")
    return table


def _load(url: str, connections: int) -> Figures:
    command = [sys.executable, "-m", "tests.bench.load", url, str(connections), str(_SECONDS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    figures: Figures = json.loads(done.stdout)
    return figures


async def _select(database_url: str, batch: UUID, at_once: int) -> Figures:
    """What a progress reply reads, through a pool like the gateway's."""
    settings = CommonSettings(database_url=database_url, redis_url="", kafka_bootstrap_servers="")
    took: list[float] = []
    async with postgres.pool(settings, "force_generic_plan") as pool:
        ends = time.monotonic() + _SECONDS

        async def client() -> None:
            while (began := time.monotonic()) < ends:
                await snapshot.read_batch(pool, batch)
                took.append(time.monotonic() - began)

        await asyncio.gather(*(client() for _ in range(at_once)))
    return summary(took, _SECONDS)


def _created(running: World) -> str:
    """Uploads of 100 rows, one after another."""
    body = "\n".join(["url", *running.urls(100, first=9_000_000)]).encode()
    took: list[float] = []
    for _ in range(_UPLOADS):
        began = time.monotonic()
        running.submit_file(body, auto_start="false")
        took.append(time.monotonic() - began)
    figures = summary(took, sum(took))
    return (
        f"create, 100 rows: {figures['rate']:.0f}/s, p50 {figures['p50']:.1f} ms, p99 {figures['p99']:.1f} ms"
    )


@contextmanager
def _empty_route() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.empty_route", str(port)])
    url = f"http://127.0.0.1:{port}/"
    try:
        until(lambda: _answers(url), 30)
        yield url
    finally:
        process.kill()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
