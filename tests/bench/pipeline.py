"""Images a second from the 201 to `completed`, with what each process used, beside the bare loop."""

import json
import subprocess
import sys
import time
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from tests.bench.processes import Used, used_by
from tests.workload import STRANGER, World, assert_whole, world

_IMAGE_BYTES = 40_000
_WARM = 5_000
# Watching costs CPU, too; a client is told to look every two seconds.
_POLL_SECONDS = 0.5
_OURS = ("gateway", "ingest", "analyzer", "exporter", "monitor")
_SERVERS = ("kafka", "postgres", "redis")


class Run(NamedTuple):
    """`rate` in images a second, from the first result to the last; `used` over the batch."""

    analyzers: int
    rate: float
    used: dict[str, Used]
    images_a_call: float
    bare: dict[str, Any]


def measure(console: Console, images: int, analyzers: list[int]) -> None:
    for count in analyzers:
        with world(ANALYZERS=str(count)) as running:
            report(console, images, _measure(running, images, count))


def _measure(running: World, images: int, analyzers: int) -> Run:
    """The bare loop before and after, so that a change of the machine's speed shows."""
    warm = running.submit(running.urls(_WARM, first=10_000_000, size=_IMAGE_BYTES))
    running.wait_end(warm, 300)
    bare = [_bare(running, images)]
    running.vision.reset()
    urls = running.urls(images, size=_IMAGE_BYTES)
    before = used_by(running)
    batch = running.submit(urls)
    began = time.monotonic()
    seen = running.wait_end(batch, 900, every=_POLL_SECONDS)
    seconds = time.monotonic() - began
    after = used_by(running)
    assert seen["successful_count"] == images, seen
    stats = running.vision.stats()
    assert_whole(running.export(batch), urls, batch)
    bare.append(_bare(running, images))
    spent = {name: Used(now.cpu - before[name].cpu, now.mb) for name, now in after.items()}
    return Run(
        analyzers, images / seconds, spent, stats.images / stats.calls, max(bare, key=lambda b: b["rate"])
    )


def _bare(running: World, images: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.bare"]
    arguments = [running.images.url, running.vision.address, str(images), str(_IMAGE_BYTES), STRANGER]
    done = subprocess.run([*command, *arguments], check=True, capture_output=True, text=True, timeout=600)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def report(console: Console, images: int, run: Run) -> None:
    table = Table(title=f"{run.analyzers} analyzer(s), {images:,} images of 40 KB, provider at 0 ms")
    table.add_column("process")
    for column in ("CPU s per 1,000 images", "peak MB"):
        table.add_column(column, justify="right")
    for name, used in run.used.items():
        table.add_row(name, f"{1_000 * used.cpu / images:.3f}", f"{used.mb:,.0f}")
    table.add_row("bare loop", f"{1_000 * run.bare['cpu'] / images:.3f}", f"{run.bare['mb']:,.0f}")
    console.print(table)
    analyzer, ours, servers = (
        1_000 * _sum(run, names) / images for names in (("analyzer",), _OURS, _SERVERS)
    )
    console.print(
        f"end to end {run.rate:,.0f} images/s = {run.rate / run.bare['rate']:.2f} of the bare loop's "
        f"{run.bare['rate']:,.0f}; {run.images_a_call:.2f} images a call\n"
        f"CPU ms an image: analyzer {analyzer:.3f}, ours {ours:.3f}, with the servers {ours + servers:.3f}\n"
    )


def _sum(run: Run, names: tuple[str, ...]) -> float:
    return sum(used.cpu for name, used in run.used.items() if name.rpartition("-")[0] in names)
