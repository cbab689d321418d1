"""No statement of any service reads a big table from end to end, unless it is listed here with its reason."""

import itertools
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest

from services.exporter.export.columns import own_join
from services.gateway import listing
from shared.error_classes import ErrorClass
from shared.filters import Filters, condition
from shared.postgres import Connection
from tests.servers import ROOT

# What grows with the rows of batches, or with time. Not ingest.slices: what is out fits the analyzers' room.
BIG = frozenset({
    "exporter.results", "exporter.earlier_attempts", "exporter.search", "exporter.chunks",
    "gateway.transitions", "gateway.wanted", "gateway.wanted_chunks", "gateway.idempotency_keys",
    "gateway.resets", "gateway.audit", "lifecycle.outbox", "monitor.rates",
})  # fmt: skip
# One row a batch (or one an end), ever.
BATCHES = frozenset({"gateway.batches", "ingest.batches", "lifecycle.terminal"})

_LOOKS = "looks at every batch, of which there are thousands, and at rows of those alone that go on"
_CLEANS = "at an operator's word: bookkeeping of ended batches"
_CHOSEN = "search.py forbids the sequential scan and says which index"
MAY_READ_ALL = {
    "exporter/export/sql/count": ({"exporter.results"}, "the parts of batches that make up most of them"),
    "exporter/export/sql/chosen": (BATCHES, "an export of all batches"),
    "exporter/search/sql/chunks_pending": (BATCHES, _LOOKS),
    "exporter/sql/whole_since": (BATCHES, _LOOKS),
    "gateway/sql/batches_page": (BATCHES, "counts what is listed"),
    "gateway/sql/desired_unended": (BATCHES, _LOOKS),
    "gateway/sql/dispatches_left": (BATCHES, _CLEANS),
    "gateway/sql/keys_clean": (BATCHES | {"gateway.idempotency_keys"}, _CLEANS),
    "gateway/sql/resets_clean": (BATCHES | {"gateway.resets"}, _CLEANS),
    "gateway/sql/rows_waiting": (BATCHES, _LOOKS),
    "gateway/sql/search_count": ({"exporter.search"}, _CHOSEN),
    "gateway/sql/search_hits": ({"exporter.search"}, _CHOSEN),
    "gateway/sql/search_waiting": (BATCHES, _LOOKS),
    "gateway/sql/short_of_money": (BATCHES, _LOOKS),
    "gateway/sql/system_stats": (
        BATCHES | {"exporter.chunks", "gateway.wanted_chunks"},
        "the whole system in numbers: sums over chunks, never over results",
    ),
    "gateway/sql/unpurged": (BATCHES, _LOOKS),
    "ingest/sql/adopt": (BATCHES, _LOOKS),
    "ingest/sql/look": (BATCHES, _LOOKS),
    "ingest/sql/purge": (BATCHES, _LOOKS),
    "ingest/sql/start": (BATCHES, _LOOKS),
    "monitor/sql/slices_overdue": (BATCHES, _LOOKS),
    "monitor/sql/waiting": (BATCHES, _LOOKS),
}
# Of one batch, or of one key: for such values alone.
USED_FOR_SOME_VALUES = {"audit_of_batch", "audit_of_key"}


async def fill(connection: Connection) -> None:
    """5,000 batches, most of them old and ended; 480 have results, about thirty in a part."""
    await connection.execute(
        """
        insert into gateway.batches (batch_id, name, original_filename, created_at, total_urls, chunk_size,
            columns, region, rows_path, upload_path, desired, purged_at)
        select gen_random_uuid(), 'batch ' || n, 'f.csv', now() - make_interval(hours => n), 250, 50, '{}',
            'US', '', '', case when n % 10 = 9 then 'deleted' else 'running' end,
            case when n % 10 = 9 then now() end
        from generate_series(1, 5000) n;
        create table few as
            select batch_id, created_at from gateway.batches where desired = 'running'
            order by created_at desc limit 480;
        insert into exporter.results (batch_id, row_no, chunk_no, attempt, url, success, store_name,
            error_class, processing_time_seconds, cache_hit, created_at)
        select batch_id, n, (n - 1) / 50 + 1, 1, 'http://a.test/' || n, n % 20 <> 0, repeat('Shop ', 20),
            case when n % 20 = 0 then 'dns' end, 0.1, false, now() - make_interval(mins => n)
        from few, generate_series(1, 100) n;
        insert into exporter.earlier_attempts
        select r.*, now() - make_interval(hours => r.row_no::int)
        from exporter.results r where error_class is not null;
        insert into exporter.search
        select created_at, batch_id, n, to_tsvector('simple', 'shop number ' || n)
        from few, generate_series(1, 30) n;
        insert into exporter.chunks (batch_id, chunk_no, processed, successful, failed, attempts, errors,
            first_result_at, last_result_at, indexed)
        select batch_id, c, 50, 47, 3, 50, '{"dns": 3}', now(), now(), random() > 0.02
        from gateway.batches, generate_series(1, 5) c where desired <> 'deleted';
        insert into gateway.transitions (batch_id, version, run, desired, at)
        select batch_id, v, 1, 'running', created_at from gateway.batches, generate_series(1, 2) v;
        insert into gateway.wanted select batch_id, n, 2 from few, generate_series(1, 100, 5) n;
        insert into gateway.wanted_chunks select batch_id, c, 10 from few, generate_series(1, 5) c;
        insert into gateway.idempotency_keys
        select batch_id || ' ' || n, '', batch_id, '' from few, generate_series(1, 8) n;
        insert into gateway.resets select batch_id, n from few, generate_series(1, 8) n;
        insert into gateway.audit (actor, role, address, request_id, action, batch_id, outcome)
        select 'a', 'admin', '', '', 'pause', batch_id, 'done' from few, generate_series(1, 15) n;
        insert into ingest.batches (batch_id, started_at, run_started_at, closed_at)
        select batch_id, created_at, created_at,
            case when created_at < now() - interval '20 hours' then created_at end
        from gateway.batches where desired <> 'deleted';
        insert into ingest.slices (batch_id, first_row, last_row, chunk_no, first_byte, end_byte,
            log_partition, log_offset)
        select batch_id, n, n, 1, 0, 0, 0, 0 from few, generate_series(1, 20) n;
        insert into lifecycle.terminal (batch_id, run, kind, successful, failed, at)
        select batch_id, 1, 'completed', 235, 15, created_at from gateway.batches
        where created_at < now() - interval '20 hours';
        insert into lifecycle.outbox (topic, key, headers, body)
        select 't', '', '{}', repeat('x', 200)::bytea from generate_series(1, 5000);
        insert into monitor.rates
        select batch_id, now() - make_interval(secs => 10 * n), 1, 0, 0 from few, generate_series(1, 100) n;
        analyze;
        """
    )


FILTERS = (
    Filters(),
    Filters(success=True),
    Filters(error_class=ErrorClass.DNS),
    Filters(has_store_name=True, has_contact=True),
    Filters(from_row=1, to_row=9),
)


class Statement(NamedTuple):
    name: str
    text: str


def statements() -> Iterator[Statement]:
    """Every `.sql` file, with each thing that may stand in its braces."""
    for path in sorted([*(ROOT / "services").rglob("sql/*.sql"), *(ROOT / "shared").rglob("sql/*.sql")]):
        name = str(path.relative_to(ROOT).with_suffix("")).removeprefix("services/")
        if name != "gateway/sql/provider_keys_lock":  # a lock has no plan
            yield from (Statement(name, text) for text in filled(path))


def filled(path: Path) -> Iterator[str]:
    text = path.read_text().replace("explain (format json)", "")
    if path.stem == "batches_page":
        for ways, sort in itertools.product((listing._ANY_STATUS, listing._ONE_STATUS), listing._ORDERS):
            behind = listing._BEHIND.get(sort, "$9::uuid is null")
            yield text.format(order=listing._ORDERS[sort], behind=behind, **ways)
    elif re.search(r"\{\w+\}", text):
        text = re.sub(r"--.*\n", "", text)
        first = max(int(number) for number in re.findall(r"\$(\d+)", text)) + 1
        # What is selected makes no difference to what is read.
        for wanted in FILTERS:
            given = {"condition": condition(wanted, first).sql, "own": own_join(["city"])}
            yield text.format_map(defaultdict(lambda: "r.url", given))
    else:
        yield text


async def plans_of(connection: Connection, text: str) -> list[dict[str, Any]]:
    """As Postgres chooses them for a prepared statement: the plan for any values, or those for given ones
    (all there, and only numbers) where they are cheaper."""
    await connection.execute(f"prepare statement as {text}")
    types = await connection.fetchval(
        "select parameter_types::text[] from pg_prepared_statements where name = 'statement'"
    )
    batch = str(await connection.fetchval("select batch_id from few limit 1"))
    samples = [_sample(kind, batch) for kind in types]
    numbers = [
        value if kind in ("integer", "bigint") else "null" for kind, value in zip(types, samples, strict=True)
    ]
    kept = await _explained(connection, "force_generic_plan", samples)
    plans = []
    for values in (samples, numbers):
        given = await _explained(connection, "force_custom_plan", values)
        plans.append(min(given, kept, key=lambda plan: float(plan["Total Cost"])))
    await connection.execute("deallocate statement")
    return plans


async def _explained(connection: Connection, mode: str, values: list[str]) -> dict[str, Any]:
    await connection.execute(f"set plan_cache_mode = {mode}")
    arguments = f"({', '.join(values)})" if values else ""
    found = await connection.fetchval(f"explain (verbose, format json) execute statement{arguments}")
    plan: dict[str, Any] = json.loads(found)[0]["Plan"]
    return plan


def _sample(kind: str, batch: str) -> str:
    """A literal of such a type; an array has one element."""
    of_one = kind.removesuffix("[]")
    known = {"uuid": batch, "text": "dns", "boolean": "true", "timestamp with time zone": "2026-11-01"}
    value = known.get(of_one, "1")
    return f"'{{{value}}}'" if kind != of_one else f"'{value}'"


def nodes(plan: dict[str, Any], limited: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """With whether few rows of it are asked for."""
    yield plan, limited
    limited = plan["Node Type"] == "Limit" or (limited and plan["Node Type"] in ("LockRows", "Append"))
    for below in plan.get("Plans", []):
        yield from nodes(below, limited)


def table_of(node: dict[str, Any]) -> str:
    """A part stands for its table."""
    return re.sub(r"_\d+$", "", f"{node.get('Schema')}.{node.get('Relation Name')}")


def reads_all(node: dict[str, Any], limited: bool, partial: set[str]) -> bool:
    """Also by an index, when nothing says where to begin or to end; not by an index of a few rows."""
    if node["Node Type"] in ("Index Scan", "Index Only Scan"):
        few = "Index Cond" in node or node["Index Name"] in partial
        return not few and not (limited and "Filter" not in node)
    return bool(node["Node Type"] == "Seq Scan")


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    made = await asyncpg.connect(database_url)
    await fill(made)
    yield made
    await made.close()


async def test_no_statement_reads_a_big_table_from_end_to_end(connection: Connection) -> None:
    partial = await connection.fetch(
        "select relname from pg_index join pg_class on oid = indexrelid where indpred is not null"
    )
    of_few = {row["relname"] for row in partial}
    read, used, seen = set(), set(), set()
    for name, text in statements():
        seen.add(name)
        may, _ = MAY_READ_ALL.get(name, ((), ""))
        for plan in await plans_of(connection, text):
            for node, limited in nodes(plan):
                used.add(node.get("Index Name"))
                table = table_of(node)
                if table in (BIG | BATCHES).difference(may) and reads_all(node, limited, of_few):
                    read.add((name, node["Node Type"], table))
    assert not read, sorted(read)
    assert MAY_READ_ALL.keys() <= seen
    made = await connection.fetch(
        "select schemaname, tablename, indexname from pg_indexes where indexname <> 'results_pkey'"
    )
    ours = {row["indexname"] for row in made if f"{row['schemaname']}.{row['tablename']}" in BIG | BATCHES}
    assert sorted(ours - used - USED_FOR_SOME_VALUES) == [], "indexes that no statement uses"


async def test_what_runbooks_ask_of_the_tables_can_be_asked(database_url: str) -> None:
    asked = []
    for page in (ROOT / "docs" / "runbooks").glob("*.md"):
        asked += re.findall(r"```sql\n(.+?)```|`(select [^`]+)`", page.read_text(), re.DOTALL)
    assert len(asked) >= 8
    connection = await asyncpg.connect(database_url)
    try:
        for block, line in asked:
            await connection.fetch(block or line)
    finally:
        await connection.close()
