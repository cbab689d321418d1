"""How many results one exporter stores in a second from Kafka, beside `\\copy` of the same rows by psql."""

import asyncio
import subprocess
import time
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg
import msgspec
import psutil
from rich.console import Console
from rich.table import Table

from dev.servers import postgres_home
from services.migrate import MigrateSettings, prepare
from shared.events import ImageAnalyzed
from shared.ids import chunk_id, result_id
from shared.kafka import producer
from shared.postgres import Connection
from shared.topics import RESULTS, Named
from tests.bench.processes import Used, used_by_process
from tests.local_servers import data_folder, end, launch, started

_BATCHES, _CHUNK = 4, 2_000
_SECONDS = 300.0
_PSQL_SECONDS = 300
# As the table of results: the same key, parts and settings of them.
_BASELINE = """
create table public.copied (like exporter.results including all) partition by hash (batch_id);
do $$
begin
    for part in 0..15 loop
        execute format(
            'create table public.copied_%s partition of public.copied'
            ' for values with (modulus 16, remainder %s)'
            ' with (toast_tuple_target = 4080, autovacuum_freeze_min_age = 0)',
            part, part
        );
    end loop;
end $$;
"""


class Drained(NamedTuple):
    """`rate` in results a second, from the first that was stored to the last."""

    rate: float
    exporter: Used
    postgres: Used


def measure(console: Console, rows: int) -> None:
    with started() as (database_url, redis_url, kafka):
        settings = MigrateSettings(
            database_url=database_url, redis_url=redis_url, kafka_bootstrap_servers=kafka
        )
        asyncio.run(prepare(settings))
        asyncio.run(_produce(settings, rows))
        drained = _drain(settings, rows)
        console.print(_table(rows, drained, _copied(database_url, rows)))


def _table(rows: int, drained: Drained, copied: float) -> Table:
    ratio = drained.rate / copied
    table = Table(title=f"{rows:,} results of 1 KB: one exporter stores {ratio:.2f} of what \\copy does")
    for column in ("", "rows/s", "CPU µs a row", "of Postgres", "peak MB"):
        table.add_column(column, justify="right" if column else "left")
    cpu, servers = (1e6 * used.cpu / rows for used in (drained.exporter, drained.postgres))
    table.add_row(
        "exporter", f"{drained.rate:,.0f}", f"{cpu:.1f}", f"{servers:.1f}", f"{drained.exporter.mb:,.0f}"
    )
    table.add_row("\\copy", f"{copied:,.0f}", "", "", "")
    return table


async def _produce(settings: MigrateSettings, rows: int) -> None:
    """Of several batches in turns, as they come when batches share the analyzers."""
    batches = [uuid4() for _ in range(_BATCHES)]
    await _known(settings.database_url, batches, rows)
    async with producer(settings.kafka_bootstrap_servers, Named("")) as sender:
        for first in range(1, rows // _BATCHES + 1, _CHUNK):
            for batch in batches:
                chunk_no = (first - 1) // _CHUNK + 1
                last = min(first + _CHUNK - 1, rows // _BATCHES)
                events = [_event(batch, chunk_no, row) for row in range(first, last + 1)]
                await sender.send_together(RESULTS, str(chunk_id(batch, chunk_no)).encode(), events)


async def _known(database_url: str, batches: list[UUID], rows: int) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.executemany(
        "insert into gateway.batches (batch_id, name, original_filename, total_urls, chunk_size, columns,"
        " region, rows_path, upload_path, desired)"
        f" values ($1, 'store', 'f.csv', $2, {_CHUNK}, '{{}}', 'US', '', '', 'running')",
        [(batch, rows // _BATCHES) for batch in batches],
    )
    await connection.close()


def _event(batch: UUID, chunk_no: int, row: int) -> ImageAnalyzed:
    lines = b",".join(b'["line %d of %d",%d,20,310,44]' % (n, row, 17 * n) for n in range(9))
    return ImageAnalyzed(
        batch_id=batch,
        at=datetime.now(UTC),
        result_id=result_id(batch, row),
        chunk_id=chunk_id(batch, chunk_no),
        chunk_no=chunk_no,
        row_no=row,
        url=f"https://images.example.com/shops/{row}/front.jpg",
        success=True,
        store_image=True,
        text_content="\n".join(f"line {n} of {row}" for n in range(9)),
        store_name=f"Bakery {row}",
        business_contact="+49 30 1234567",
        image_description=f"A shop front with a red sign, two windows and the number {row} over its door",
        analysis_result=msgspec.Raw(b'{"labels":[["Shop",0.93],["Bakery",0.88]],"lines":[%s]}' % lines),
        processing_time_seconds=0.412,
        api_key_used="0f1e2d3c4b5a",
        cost=9_500,
        units=6,
        extra={"branch": f"{row}", "city": "Bern"},
        worker="analyzer-1",
    )


def _drain(settings: MigrateSettings, rows: int) -> Drained:
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "INSTANCE": "exporter-1",
    }
    with data_folder() as folder, (folder / "log").open("w") as log:
        environment["BLOB_URL"] = folder.as_uri()
        process = launch("services.exporter", environment, log.fileno(), subprocess.STDOUT)
        try:
            return asyncio.run(_watch(settings.database_url, process.pid, rows))
        finally:
            end(process)


async def _watch(database_url: str, exporter: int, rows: int) -> Drained:
    connection = await asyncpg.connect(database_url)
    postmaster = psutil.Process(await connection.fetchval("select pg_backend_pid()")).ppid()
    first, began = await _stored(connection, 1)
    before = used_by_process(exporter), used_by_process(postmaster)
    last, ended = await _stored(connection, rows)
    after = used_by_process(exporter), used_by_process(postmaster)
    await connection.close()
    share = rows / (last - first)
    ours, servers = (
        Used((now.cpu - was.cpu) * share, now.mb) for was, now in zip(before, after, strict=True)
    )
    return Drained((last - first) / (ended - began), ours, servers)


async def _stored(connection: Connection, least: int) -> tuple[int, float]:
    """How many results are stored, and when, once it is so many."""
    deadline = time.monotonic() + _SECONDS
    while True:
        stored = int(await connection.fetchval("select coalesce(sum(processed), 0) from exporter.chunks"))
        now = time.monotonic()
        if stored >= least:
            return stored, now
        assert now < deadline, f"{stored} results are stored after {_SECONDS} s"
        await asyncio.sleep(0.05)


def _copied(database_url: str, rows: int) -> float:
    """Rows a second."""
    with data_folder() as folder:
        file = folder / "rows.csv"
        _psql(database_url, f"\\copy (select * from exporter.results) to '{file}' csv")
        _psql(database_url, _BASELINE)
        began = time.monotonic()
        _psql(database_url, f"\\copy public.copied from '{file}' csv")
        return rows / (time.monotonic() - began)


def _psql(database_url: str, command: str) -> None:
    program = postgres_home.binaries(None) / "psql"
    subprocess.run(
        [program, database_url, "-q", "-v", "ON_ERROR_STOP=1", "-c", command],
        check=True,
        timeout=_PSQL_SECONDS,
    )
