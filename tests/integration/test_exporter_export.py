"""Exports over HTTP: every row in order in one snapshot, guarded cells, never a clean end of a broken one."""

import asyncio
import csv
import gzip
import io
import random
import re
import tempfile
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import duckdb
import msgspec
import openpyxl
import pytest

from services.exporter.export.columns import guarded, header, names_of
from services.exporter.export.copying import Source, TooManyCopies, copying
from services.exporter.export.route import export_route
from services.exporter.storing import store
from shared.error_classes import ErrorClass
from shared.events import ImageAnalyzed
from shared.exporting import MEDIA_TYPES, PATH, TABLES, Export, Format, Shape
from shared.filters import Filters
from shared.ids import chunk_id, result_id
from shared.ops import Health, serve
from shared.wire import CUT_MARK, clean_text, encode
from tests.integration.results_world import World, result, until, world


@pytest.fixture
async def here(database_url: str, redis_url: str, kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, kafka, topic_prefix) as made:
        yield made


MOST_ROWS = 100_000
PARQUET_TYPES = {
    "success": "BOOLEAN", "created_at": "TIMESTAMP WITH TIME ZONE", "row_no": "BIGINT",
    "processing_time_seconds": "DOUBLE", "analysis_result": "VARCHAR", "url": "VARCHAR",
}  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


@asynccontextmanager
async def client(here: World, most_rows: int = MOST_ROWS) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        serve("127.0.0.1", 0, Health(), [export_route(here.pool, most_rows)]) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield session


async def keep(here: World, *results: Any) -> None:
    """Made at a whole millisecond: a workbook has a serial number of days, good for no more."""
    made = [msgspec.structs.replace(one, at=one.at.replace(microsecond=123_000)) for one in results]
    async with here.pool.acquire() as connection, connection.transaction():
        await store(connection, made)


def of(*batches: UUID | str, **wanted: Any) -> Export:
    return Export(batches=tuple(map(str, batches)), **wanted)


def body(export: Export) -> bytes:
    return msgspec.json.encode(export)


async def download(here: World, export: Export) -> tuple[bytes, str, str]:
    """The file, its type, its disposition."""
    async with client(here) as session, session.post(PATH, data=body(export)) as reply:
        assert reply.status == 200, await reply.text()
        return await reply.read(), reply.headers["Content-Type"], reply.headers["Content-Disposition"]


async def export(here: World, batch: UUID, **wanted: Any) -> tuple[list[dict[str, str]], str]:
    file, kind, disposition = await download(here, of(batch, **wanted))
    assert kind == "text/csv; charset=utf-8"
    return table(file), disposition


def table(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))


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
    assert ",".join(rows[0]) + "\n" == header(names_of(None, True, ["city", "input_url"])).decode()
    third = rows[2]
    assert (third["text_content"], third["success"], third["store_image"]) == (text, "true", "true")
    assert (third["cache_hit"], third["city"], third["store_name"]) == ("true", "Zürich", "")
    assert third["created_at"] == full.at.replace(microsecond=123_000).isoformat(
        timespec="microseconds"
    ).replace("+00:00", "Z")
    assert third["result_id"] == str(result_id(batch, 3))
    assert third["chunk_id"] == str(chunk_id(batch, 2))
    assert rows[0]["success"] == "false"
    assert rows[0]["store_image"] == ""
    assert 'filename="shops-results.csv"' in name


async def test_filters_choose_rows_and_columns(here: World) -> None:
    batch = await here.batch(3)
    await keep(here, result(batch, 1), result(batch, 2, error_class=ErrorClass.DNS))
    rows, name = await export(here, batch, filters=Filters(success=True))
    assert [row["row_no"] for row in rows] == ["1"]
    assert "shops-results-partial-2-of-3.csv" in name
    rows, _ = await export(here, batch, filters=Filters(success=False), metadata=False)
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


async def test_hundreds_of_columns_fit_every_format(here: World) -> None:
    """More than a function of Postgres takes."""
    names = tuple(f"own {number}" for number in range(300))
    batch = await here.batch(1, columns=names)
    await keep(here, result(batch, 1, extra={name: name.upper() for name in names}))
    for kind in Format:
        file, _, _ = await download(here, of(batch, format=kind, metadata=False))
        (row,) = as_it_is(kind, file)
        assert {name: row[name] for name in names} == {name: name.upper() for name in names}, kind


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


@pytest.mark.parametrize("shape", [Shape.BATCH, Shape.ZIP])
async def test_an_export_of_a_batch_that_is_none_is_refused(here: World, shape: Shape) -> None:
    deleted = await here.batch(1, desired="deleted")
    async with client(here) as session:
        for batch in (uuid4(), "no-uuid", deleted):
            async with session.post(PATH, data=body(of(batch, shape=shape))) as reply:
                assert reply.status == 404
                assert (await reply.json())["error"]
        async with session.post(PATH, data=b'{"batches": [], "colour": "red"}') as reply:
            assert reply.status == 400


async def mixed(here: World) -> UUID:
    """Five of six rows: typed, hostile, failed."""
    batch = await here.batch(6, chunk_size=2, columns=("city", "=own"))
    extra = {"city": "Zürich", "=own": "=2+3"}
    rich = msgspec.Raw(b'{"labels": [\n1, "two"], "big": 0.5}')
    await keep(
        here,
        result(batch, 1, chunk_size=2, text_content="=1+1", extra=extra, processing_time_seconds=0.25),
        result(batch, 2, chunk_size=2, error_class=ErrorClass.DNS, error_message="no such host"),
        result(batch, 3, chunk_size=2, store_name="Ada's", business_contact="+4930123456", extra=extra),
        result(
            batch, 4, chunk_size=2, analysis_result=rich, text_content='a "b"\n\\c, \x01d', store_image=False
        ),
        result(batch, 6, chunk_size=2, error_class=ErrorClass.TIMEOUT, error_message="slow", extra=extra),
    )
    return batch


def sheets(file: bytes) -> dict[str, list[dict[str, Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(file), read_only=True)
    found = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    return {name: [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] for name, rows in found.items()}


async def test_every_format_has_the_same_rows_in_the_same_order_each_with_its_types(here: World) -> None:
    batch = await mixed(here)
    for wanted in ({"metadata": True}, {"metadata": False}, {"columns": ("=own", "row_no", "url", "city")}):
        rows, _ = await export(here, batch, **wanted)
        assert len(rows) == 5
        for kind in Format:
            file, media_type, name = await download(here, of(batch, format=kind, **wanted))
            assert media_type.partition(";")[0] == MEDIA_TYPES[kind]
            assert f"shops-results-partial-5-of-6.{kind}" in name
            records = read(kind, file)
            assert [list(record) for record in records] == [[*map(unguarded, row)] for row in rows], kind
            for row, record in zip(rows, records, strict=True):
                told = [plain(unguarded(cell)) for cell in row.values()]
                assert [plain(value) for value in record.values()] == told, kind


def read(kind: Format, file: bytes) -> list[dict[str, Any]]:
    """As people would: by the libraries that know the format, with their types."""
    match kind:
        case Format.CSV | Format.CSV_GZ:
            rows = table(gzip.decompress(file) if kind is Format.CSV_GZ else file)
            return [{unguarded(name): unguarded(cell) for name, cell in row.items()} for row in rows]
        case Format.JSON:
            found: list[dict[str, Any]] = msgspec.json.decode(file)
            return found
        case Format.NDJSON:
            return [msgspec.json.decode(line) for line in file.splitlines()]
        case Format.XLSX:
            return sheets(file)["Results"]
        case Format.PARQUET:
            return parquet(file)


def parquet(file: bytes) -> list[dict[str, Any]]:
    with tempfile.NamedTemporaryFile() as kept, duckdb.connect() as database:
        kept.write(file)
        kept.flush()
        described = database.execute("describe select * from read_parquet($1)", [kept.name]).fetchall()
        names, types = [column[0] for column in described], {column[0]: column[1] for column in described}
        assert {name: types[name] for name in PARQUET_TYPES if name in types}.items() <= PARQUET_TYPES.items()
        time = "replace (created_at::timestamp as created_at)" if "created_at" in names else ""
        found = database.execute(
            f"set TimeZone = 'UTC'; select * {time} from read_parquet($1)", [kept.name]
        ).fetchall()
        return [dict(zip(names, row, strict=True)) for row in found]


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell


def plain(value: Any) -> str:
    """One spelling of what the formats tell each in its own way."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case datetime():
            return value.isoformat(timespec="milliseconds").removesuffix("+00:00")
        case str() if TIME.fullmatch(value):
            return plain(datetime.fromisoformat(value))
        case str() if value.startswith("{"):
            return plain(msgspec.json.decode(value))
        case dict():
            return msgspec.json.encode(value).decode()
    return str(value).replace("\x01", "")


HOSTILE = [
    "=1+1", "\u00a0=1", "\u2003+cmd", "\u200e@x", "\ufeff-2+3", "\t=1", "\r=1", " \r\n=1", "a\r\nb\rc\nd",
    "\x01\x1f\x7fz", "\x02", '"', '""', "'", "'=1", ",", "\\.", "\\N", "NULL", "]]>&amp;<c>", "_x000D_",
    "true", "1e5", "\u0085", "\u202eabc\u202c", "עברית", "😀" * 3, "e\u0301",
    "\ufffe\uffff", "\U0010ffff", " lead ",
    "x" * 40_000, "é\n" * 20_000, "😀" * 20_000, "\ud800 alone", "NUL\0NUL", "\x0b\x0c", "\u2028\u2029",
]  # fmt: skip


async def test_hostile_cells_come_back_from_every_format(here: World) -> None:
    """What Postgres can't hold is mended before it (rule 7); what a sheet can't hold is told."""
    chance = random.Random(7)
    alphabet = [cell for cell in HOSTILE if len(cell) < 40]
    cells = [*HOSTILE, *("".join(chance.choices(alphabet, k=4)) for _ in range(60))]
    names = ("own", "=risky")
    batch = await here.batch(len(cells), columns=names)
    events = [
        result(batch, number, text_content=cell, extra=dict.fromkeys(names, cell))
        for number, cell in enumerate(cells, 1)
    ]
    await keep(here, *[msgspec.json.decode(encode(event), type=ImageAnalyzed) for event in events])
    for kind in Format:
        wanted = of(batch, format=kind, columns=("row_no", "text_content", *names))
        file, _, _ = await download(here, wanted)
        rows = [list(record.values()) for record in as_it_is(kind, file)]
        assert [int(row[0]) for row in rows] == list(range(1, len(cells) + 1)), kind
        for cell, (_, *found) in zip(map(clean_text, cells), rows, strict=True):
            assert all(same(kind, cell, one or "") for one in found), (kind, cell[:50], found[0][:50])
        if kind is Format.XLSX:
            facts = {row["Fact"]: row["Value"] for row in sheets(file)["Summary"]}
            assert facts["Cells cut to 32,767 characters, the most that Excel takes"] == 3 * 3


def as_it_is(kind: Format, file: bytes) -> list[dict[str, Any]]:
    if kind in TABLES:
        return list(table(gzip.decompress(file) if kind is Format.CSV_GZ else file))
    return read(kind, file)


def same(kind: Format, cell: str, found: str) -> bool:
    if kind in TABLES:
        return found == guarded(cell)
    if kind is not Format.XLSX:
        return found == cell
    mended = re.sub("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]", "", re.sub("\r\n?", "\n", cell))
    if len(mended) < len(cell) or len(cell) < 20_000:
        return found.replace("_x005F_", "_") == mended
    is_cut = found.endswith(CUT_MARK) and cell.startswith(found.removesuffix(CUT_MARK))
    return is_cut and 12_000 < len(found.encode("utf-16-le")) // 2 <= 32_767


async def test_a_workbook_counts_its_rows_and_lists_the_failed_ones(here: World) -> None:
    batch = await mixed(here)
    file, _, _ = await download(here, of(batch, format=Format.XLSX, filters=Filters(to_row=4)))
    found = sheets(file)
    facts = {row["Fact"]: row["Value"] for row in found["Summary"]}
    assert (facts["Results in this file"], facts["Successful"], facts["Failed"]) == (4, 3, 1)
    assert [(row["row_no"], row["error_message"]) for row in found["Errors"]] == [(2, "no such host")]
    file, _, _ = await download(here, of(await here.batch(1), format=Format.XLSX))
    rows = list(openpyxl.load_workbook(io.BytesIO(file))["Results"].iter_rows(values_only=True))
    assert [",".join(row) + "\n" for row in rows] == [header(names_of(None, True, [])).decode()]


async def test_each_filter_chooses_its_rows(here: World) -> None:
    batch = await mixed(here)
    now = datetime.now(UTC)
    chosen: list[tuple[Filters, list[str]]] = [
        (Filters(error_class=ErrorClass.TIMEOUT), ["6"]),
        (Filters(has_store_name=True), ["3"]),
        (Filters(has_contact=True, success=True), ["3"]),
        (Filters(from_row=2, to_row=4), ["2", "3", "4"]),
        (Filters(created_from=now), []),
        (Filters(created_from=now - timedelta(hours=1), created_to=now), ["1", "2", "3", "4", "6"]),
        (Filters(created_to=now - timedelta(hours=1)), []),
    ]
    for filters, numbers in chosen:
        rows, _ = await export(here, batch, filters=filters)
        assert [row["row_no"] for row in rows] == numbers, filters
    rows, _ = await export(here, batch, rows=(6, 1, 5))
    assert [row["row_no"] for row in rows] == ["1", "6"]


async def test_several_batches_come_as_one_file_each_with_a_name_of_its_own(here: World) -> None:
    batches = [await mixed(here), await here.batch(1, name="SHOPS"), await mixed(here)]
    file, kind, name = await download(here, of(*batches, shape=Shape.ZIP))
    assert (kind, "batches-results.zip" in name) == ("application/zip", True)
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "shops-results-partial-5-of-6.csv",
            "SHOPS-results-partial-0-of-1.csv",
            "shops-results-partial-5-of-6-2.csv",
        ]
        tables = [table(archive.read(file)) for file in archive.namelist()]
    assert [{row["batch_id"] for row in rows} for rows in tables] == [
        {str(batches[0])}, set(), {str(batches[2])}
    ]  # fmt: skip


async def test_rows_of_several_batches_come_in_one_file_up_to_the_limit(here: World) -> None:
    first, second = await mixed(here), await here.batch(2, columns=("street",), name="other")
    await keep(here, result(second, 1, extra={"street": "Hauptstr."}), result(second, 2))
    together = of("other", first, "none such", shape=Shape.TOGETHER)
    file, _, _ = await download(here, together)
    rows = table(file)
    assert [row["batch_id"] for row in rows] == [str(first)] * 5 + [str(second)] * 2
    assert (rows[0]["city"], rows[0]["street"], rows[5]["city"], rows[5]["street"]) == (
        "Zürich",
        "",
        "",
        "Hauptstr.",
    )
    for limit in (0, 5, 6):
        wanted = msgspec.structs.replace(together, limit=limit, format=Format.JSON)
        file, _, _ = await download(here, wanted)
        assert len(msgspec.json.decode(file)) == limit
    file, _, _ = await download(here, of("none such", shape=Shape.TOGETHER))
    assert table(file) == []
    every = Export(batches=None, shape=Shape.TOGETHER, filters=Filters(success=False))
    await here.pool.execute("update gateway.batches set deleted_at = now() where batch_id = $1", second)
    assert len(table((await download(here, every))[0])) == 2


async def test_an_export_of_too_many_rows_is_refused_with_their_number(here: World) -> None:
    batch = await mixed(here)
    async with client(here, most_rows=3) as session:
        for wanted, status in (
            (of(batch), 413),
            (of(batch, head=True), 413),
            (of(batch, shape=Shape.ZIP), 413),
            (of(batch, filters=Filters(success=True)), 200),
            (of(batch, filters=Filters(from_row=4)), 200),
            (of(batch, filters=Filters(has_contact=True)), 200),
            (of(batch, limit=3), 200),
            (of(batch, limit=4), 413),
        ):
            async with session.post(PATH, data=body(wanted)) as reply:
                assert reply.status == status, wanted
                if status == 413:
                    assert "5 rows" in (await reply.json())["error"]


async def test_only_the_headers_are_made_for_a_head(here: World) -> None:
    batch = await mixed(here)
    for shape in (Shape.BATCH, Shape.ZIP):
        whole = await download(here, of(batch, shape=shape, format=Format.XLSX))
        head = await download(here, of(batch, shape=shape, format=Format.XLSX, head=True))
        assert head[0] == b""
        assert head[1:] == whole[1:]


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
    async with client(here) as session, session.post(PATH, data=body(of(batch))) as reply:
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


def source_of(here: World) -> Source:
    return Source(here.pool, asyncio.Semaphore(4), MOST_ROWS)


async def test_a_slow_reader_gets_all_rows_after_the_transaction_ended(here: World) -> None:
    batch = await many_rows(here)
    places = asyncio.Semaphore(1)
    source = source_of(here)._replace(places=places, wait_seconds=0.01)
    async with copying(source, of(batch), patience_seconds=0.2) as copy:
        with pytest.raises(TooManyCopies):
            async with copying(source, of(batch)):
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
    async with copying(source_of(here), of(batch, filters=Filters(success=False))) as copy:
        await here.pool.execute("update exporter.results set success = false")
        text = b"".join([chunk async for chunk in copy.chunks])
    assert text.count(b"\n") == 1


async def test_what_an_export_says_of_its_rows_is_true_while_rows_come_in(here: World) -> None:
    """The file's name, its rows and its summary are of one snapshot."""
    total = 30_000
    batch = await here.batch(total)
    await keep(here, result(batch, 1))

    async def come_in() -> None:
        for first in range(2, total, 20):
            failed = [result(batch, first, error_class=ErrorClass.DNS)]
            await keep(here, *failed, *[result(batch, number) for number in range(first + 1, first + 20)])

    coming = asyncio.create_task(come_in())
    try:
        for kind in (*Format, *Format):
            file, _, name = await download(here, of(batch, format=kind, columns=("row_no", "success")))
            rows = read(kind, file)
            assert f"-partial-{len(rows)}-of-{total}." in name, kind
            if kind is Format.XLSX:
                found = sheets(file)
                facts = {row["Fact"]: row["Value"] for row in found["Summary"]}
                failed = sum(not row["success"] for row in rows)
                assert facts["Results in the batches"] == facts["Results in this file"] == len(rows)
                assert facts["Failed"] == len(found["Errors"]) == failed
        assert not coming.done()
    finally:
        coming.cancel()
        await asyncio.wait([coming])


async def test_a_reader_that_leaves_frees_its_connection(here: World) -> None:
    batch = await many_rows(here)
    async with copying(source_of(here), of(batch)) as copy:
        await anext(copy.chunks)
    assert here.pool.get_size() - here.pool.get_idle_size() == 0
