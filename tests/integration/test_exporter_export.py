"""Exports over HTTP: every row in order in one snapshot, guarded cells, never a clean end of a broken one."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from services.exporter.export.columns import guarded, header
from services.exporter.export.copying import TooManyCopies, copying
from services.exporter.export.filters import Filter
from services.exporter.export.route import export_route
from services.exporter.storing import store
from shared.error_classes import ErrorClass
from shared.ids import chunk_id, result_id
from shared.ops import Health, serve
from tests.integration.results_world import World, result, until, world


@pytest.fixture
async def here(database_url: str, redis_url: str, kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, kafka, topic_prefix) as made:
        yield made


@asynccontextmanager
async def client(here: World) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        serve("127.0.0.1", 0, Health(), [export_route(here.pool)]) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def keep(here: World, *results: Any) -> None:
    async with here.pool.acquire() as connection, connection.transaction():
        await store(connection, results)


async def export(here: World, batch: UUID, **query: str) -> tuple[list[dict[str, str]], str]:
    async with client(here) as session, session.get(path(batch), params=query) as reply:
        assert reply.status == 200
        assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
        text = (await reply.read()).decode()
        return list(csv.DictReader(io.StringIO(text, newline=""))), reply.headers["Content-Disposition"]


def path(batch: UUID | str) -> str:
    return f"/internal/batches/{batch}/export.csv"


async def test_every_row_comes_in_input_order_with_the_documented_columns(here: World) -> None:
    batch = await here.batch(4, chunk_size=2, columns=("city", "input_url"))
    extra = {"city": "Zürich", "input_url": "x"}
    text = 'two\nlines, a "quote"'
    full = result(batch, 3, chunk_size=2, text_content=text, store_image=True, extra=extra, cache_hit=True)
    failed = result(
        batch, 1, chunk_size=2, error_class=ErrorClass.DNS, error_message="no such host", extra=extra
    )
    await keep(here, full, failed, *[result(batch, row, chunk_size=2) for row in (4, 2)])
    rows, name = await export(here, batch)
    assert [row["row_no"] for row in rows] == ["1", "2", "3", "4"]
    assert ",".join(rows[0]) + "\n" == header(True, ["city", "input_url"]).decode()
    third = rows[2]
    assert (third["text_content"], third["success"], third["store_image"]) == (text, "true", "true")
    assert (third["cache_hit"], third["city"], third["store_name"]) == ("true", "Zürich", "")
    assert third["created_at"] == full.at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert third["result_id"] == str(result_id(batch, 3))
    assert third["chunk_id"] == str(chunk_id(batch, 2))
    assert rows[0]["success"] == "false"
    assert rows[0]["store_image"] == ""
    assert 'filename="shops-results.csv"' in name


async def test_filters_choose_rows_and_columns(here: World) -> None:
    batch = await here.batch(3)
    await keep(here, result(batch, 1), result(batch, 2, error_class=ErrorClass.DNS))
    rows, name = await export(here, batch, success_only="true")
    assert [row["row_no"] for row in rows] == ["1"]
    assert "shops-results-partial-2-of-3.csv" in name
    rows, _ = await export(here, batch, failed_only="true", metadata="false")
    assert [row["success"] for row in rows] == ["false"]
    assert "row_no" not in rows[0]


async def test_an_export_without_rows_is_its_header(here: World) -> None:
    assert (await export(here, await here.batch(1)))[0] == []


CELLS = [
    "=1+1",
    "+cmd|x",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "  =1",
    "\n=1",
    " -1",
    "-1",
    "+15551234567",
    "1e5",
    "a=b",
    "-",
    "+.",
]


async def test_the_server_guards_cells_as_the_header_is_guarded(here: World) -> None:
    names = tuple(CELLS)
    batch = await here.batch(1, columns=names)
    await keep(here, result(batch, 1, extra=dict(zip(names, CELLS, strict=True)), store_name="=HYPERLINK(1)"))
    (row,), _ = await export(here, batch)
    assert [row[guarded(name)] for name in names] == [guarded(cell) for cell in CELLS]
    assert row["store_name"] == "'=HYPERLINK(1)"


async def test_a_nul_in_a_cell_breaks_no_export(here: World) -> None:
    batch = await here.batch(2, columns=("city",))
    kept = "\\u0000"  # a backslash that is meant
    await keep(here, result(batch, 1, extra={"city": "Ber\0n"}), result(batch, 2, extra={"city": kept}))
    rows, _ = await export(here, batch)
    assert [row["city"] for row in rows] == ["Bern", kept]


async def test_hostile_columns_and_names_do_no_harm(here: World) -> None:
    names = ("x'); drop table exporter.results; --", '"quoted"', "{columns}", "%s $1", "n" * 200, "")
    batch = await here.batch(1, columns=names, name='../../etc/"passwd"\r\nX: y')
    await keep(here, result(batch, 1, extra={name: f"cell {name[:5]}" for name in names}))
    (row,), disposition = await export(here, batch)
    assert [row[name] for name in names] == [f"cell {name[:5]}" for name in names]
    assert "\n" not in disposition
    assert "/" not in disposition


@pytest.mark.parametrize(
    ("target", "query", "status"),
    [
        ("00000000-0000-4000-8000-000000000000", {}, 404),
        ("no-uuid", {}, 404),
        (None, {"metadata": "maybe"}, 400),
        (None, {"success_only": "true", "failed_only": "true"}, 400),
    ],
)
async def test_refusals_say_what_is_wrong(
    here: World, target: str | None, query: dict[str, str], status: int
) -> None:
    batch = target or await here.batch(1)
    async with client(here) as session, session.get(path(batch), params=query) as reply:
        assert reply.status == status
        assert (await reply.json())["error"]


async def many_rows(here: World, rows: int = 60_000) -> UUID:
    batch = await here.batch(rows)
    await here.pool.execute(
        "insert into exporter.results (batch_id, row_no, chunk_no, attempt, url, success, text_content,"
        " processing_time_seconds, cache_hit, created_at)"
        " select $1, n, (n - 1) / 2000 + 1, 1, 'u' || n, true, repeat('text ', 100), 0, false, now()"
        " from generate_series(1, $2::bigint) as n",
        batch,
        rows,
    )
    return batch


async def test_a_copy_that_breaks_off_breaks_the_connection(here: World) -> None:
    batch = await many_rows(here)
    async with client(here) as session, session.get(path(batch)) as reply:
        await reply.content.readline()
        await until(lambda: kill_copies(here))
        with pytest.raises(aiohttp.ClientError):
            await reply.read()


async def kill_copies(here: World) -> bool:
    killed: int = await here.pool.fetchval(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and query ilike 'copy%'"
    )
    return killed > 0


async def test_a_slow_reader_gets_all_rows_after_the_transaction_ended(here: World) -> None:
    batch = await many_rows(here)
    places = asyncio.Semaphore(1)
    async with copying(here.pool, places, batch, Filter(), patience_seconds=0.2) as copy:
        with pytest.raises(TooManyCopies):
            async with copying(here.pool, places, batch, Filter()):
                pass
        text = await anext(copy.chunks)
        async with asyncio.timeout(30):
            while await here.pool.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and backend_xmin is not null and pid <> pg_backend_pid()"
            ):
                await asyncio.sleep(0.05)
            while places.locked():
                await asyncio.sleep(0.01)
        text += b"".join([chunk async for chunk in copy.chunks])
    numbers = [row["url"] for row in csv.DictReader(io.StringIO(text.decode()))]
    assert numbers == [f"u{number}" for number in range(1, 60_001)]


async def test_an_export_is_one_snapshot(here: World) -> None:
    batch = await many_rows(here)
    async with copying(here.pool, asyncio.Semaphore(4), batch, Filter(failed_only=True)) as copy:
        await here.pool.execute("update exporter.results set success = false")
        text = b"".join([chunk async for chunk in copy.chunks])
    assert text.count(b"\n") == 1


async def test_a_reader_that_leaves_frees_its_connection(here: World) -> None:
    batch = await many_rows(here)
    async with copying(here.pool, asyncio.Semaphore(4), batch, Filter()) as copy:
        await anext(copy.chunks)
    assert here.pool.get_size() - here.pool.get_idle_size() == 0
