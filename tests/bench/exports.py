"""How long downloads of a large batch take through gateway and exporter, beside psql's copy of its rows."""

import asyncio
import itertools
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg
import psutil
from openpyxl import Workbook
from rich.console import Console
from rich.table import Table

from dev.servers.postgres_home import binaries
from services.exporter.export.columns import OURS
from shared.exporting import Format
from tests.bench.results_loader import COLUMNS, load
from tests.local_servers import started
from tests.system import System, running

_SECONDS = 900
_OPENPYXL_ROWS = 100_000
_MEMBERS = 10
_SAMPLE_SECONDS = 0.1


class Run(NamedTuple):
    """Wall and CPU seconds; the largest resident sizes in MB; with those of their own child processes."""

    name: str
    seconds: float
    size: int
    gateway: tuple[float, float] = (0.0, 0.0)
    exporter: tuple[float, float] = (0.0, 0.0)


def measure(console: Console, rows: int) -> None:
    with started() as (database_url, redis_url, kafka):
        own = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        with running({**own, "PROVIDER": "local", "MAX_EXPORT_ROWS": str(rows)}) as system:
            batch, members = asyncio.run(_loaded(database_url, rows))
            with tempfile.TemporaryDirectory() as folder:
                report(console, rows, _runs(system, database_url, batch, members, Path(folder), rows))


async def _loaded(database_url: str, rows: int) -> tuple[UUID, list[UUID]]:
    connection = await asyncpg.connect(database_url)
    try:
        batch = await load(connection, rows, "large")
        members = [await load(connection, rows // _MEMBERS, f"member {n}") for n in range(_MEMBERS)]
    finally:
        await connection.close()
    return batch, members


def _runs(
    system: System, database_url: str, batch: UUID, members: list[UUID], folder: Path, rows: int
) -> list[Run]:
    file = folder / "file"
    runs = [_timed("psql \\copy", lambda: _copy(database_url, batch, file), file)]
    for kind in Format:
        address = f"{system.base_url}/export/batch/{batch}?format={kind}"
        runs.append(_timed(kind, partial(_fetch, file, address), file, system))
        if kind is Format.NDJSON:
            records = _records(file, min(rows, _OPENPYXL_ROWS))
    runs.append(_timed("psql \\copy again", lambda: _copy(database_url, batch, file), file))
    alone = [f"{system.base_url}/export/batch/{member}" for member in members]
    runs.append(_timed(f"{_MEMBERS} CSVs alone", partial(_fetch_all, file, alone), file, system))
    body = json.dumps({"batch_ids": [str(member) for member in members]})
    address = f"{system.base_url}/api/v1/export/batches/multiple"
    runs.append(_timed(f"ZIP of {_MEMBERS}", lambda: _fetch(file, address, "--json", body), file, system))
    small = _timed("openpyxl", lambda: _openpyxl(records, file), file)
    factor = rows / len(records)
    return [*runs, small._replace(seconds=small.seconds * factor, size=int(small.size * factor))]


def _timed(name: str, work: Callable[[], object], file: Path, system: System | None = None) -> Run:
    processes = [psutil.Process(system.pid(f"{one}-1")) for one in ("gateway", "exporter")] if system else []
    for process in processes:
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")
    before = [sum(process.cpu_times()[:4]) for process in processes]
    began = time.monotonic()
    with _watched([process.pid for process in processes]) as children:
        work()
    seconds = time.monotonic() - began
    used = [
        (sum(process.cpu_times()[:4]) - cpu, _peak_mb(process.pid) + children[process.pid])
        for process, cpu in zip(processes, before, strict=True)
    ]
    return Run(name, seconds, file.stat().st_size, *used)


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1_024


@contextmanager
def _watched(pids: list[int]) -> Iterator[dict[int, float]]:
    """The largest sizes in MB that the children of each had together."""
    largest = dict.fromkeys(pids, 0.0)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_SAMPLE_SECONDS):
            for pid in pids:
                largest[pid] = max(largest[pid], _children_mb(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield largest
    finally:
        done.set()
        thread.join()


def _children_mb(pid: int) -> float:
    total = 0.0
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(OSError, StopIteration):  # it ended
            total += _peak_mb(int(child))
    return total


def _copy(database_url: str, batch: UUID, file: Path) -> None:
    """The same columns by a plain statement."""
    own = [f"extra ->> '{name}'" for name in COLUMNS]
    ours = [column.sql.replace("given.chunks[r.chunk_no]", "r.batch_id") for column in OURS.values()]
    query = (
        f"select {', '.join([*ours, *own])} from exporter.results as r"
        f" where batch_id = '{batch}' order by row_no"
    )
    psql = str(binaries(None) / "psql")
    command = [psql, database_url, "-X", "-q", "-c", "set enable_sort = off"]
    copy = f"\\copy ({query}) to '{file}' with (format csv, header)"
    subprocess.run([*command, "-c", copy], check=True, timeout=_SECONDS)


def _fetch(file: Path, address: str, *options: str) -> None:
    command = ["curl", "-sS", "--fail", "-o", str(file), *options, address]
    subprocess.run(command, check=True, timeout=_SECONDS, env={**os.environ, "no_proxy": "127.0.0.1"})


def _fetch_all(file: Path, addresses: list[str]) -> None:
    for address in addresses:
        _fetch(file, address)


def _records(file: Path, rows: int) -> list[dict[str, object]]:
    with file.open() as lines:
        return [json.loads(line) for line in itertools.islice(lines, rows)]


def _openpyxl(records: list[dict[str, object]], file: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Results")
    sheet.append(list(records[0]))
    for record in records:
        sheet.append([json.dumps(cell) if isinstance(cell, dict) else cell for cell in record.values()])
    book.save(file)


def report(console: Console, rows: int, runs: list[Run]) -> None:
    times = {run.name: run.seconds for run in runs}
    base = min(times["psql \\copy"], times["psql \\copy again"])
    table = Table(title=f"{rows:,} rows; ratio: to psql's \\copy of them, {base:.1f} s")
    for column in ("", "s", "ratio", "MB", "gateway CPU s", "peak MB", "exporter CPU s", "peak MB"):
        table.add_column(column, justify="right" if column else "left")
    for run in runs:
        used = [f"{value:,.1f}" for process in (run.gateway, run.exporter) for value in process]
        table.add_row(
            run.name, f"{run.seconds:.1f}", f"{run.seconds / base:.2f}", f"{run.size / 1e6:,.0f}", *used
        )
    console.print(table)
    console.print(
        f"ZIP: {times[f'ZIP of {_MEMBERS}'] / times[f'{_MEMBERS} CSVs alone']:.2f} of its CSVs alone;"
        f" XLSX: openpyxl's write-only mode takes {times['openpyxl'] / times[Format.XLSX]:.1f} times as long"
        f" ({_OPENPYXL_ROWS:,} rows at most, scaled)"
    )
