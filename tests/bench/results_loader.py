"""Result rows of about 1 KB, written straight into Postgres: what an export reads, without what made them."""

import random
from uuid import UUID, uuid4

import asyncpg

COLUMNS = ("branch", "city", "sku")
_WORDS = (
    "open fresh coffee bakery street market daily bread hotel garage sale repair phone call now pizza pasta",
    "the best in town since 1987 family owned parking behind the house Müller Söhne café élan & wine <new>",
)
_SECONDS = 600.0
_CHUNK = 2_000
# Every twentieth row failed. Texts are pieces of one long text, so that no two rows are the same.
_RESULTS = """
insert into exporter.results (
    batch_id, row_no, chunk_no, attempt, url, success, store_image, text_content, store_name,
    business_contact, image_description, error_class, error_message, analysis_result, processing_time_seconds,
    api_key_used, cache_hit, extra, created_at
)
select
    $1, n, (n - 1) / 2000 + 1, 1, 'https://images.example.com/shops/' || md5(n::text) || '.jpg', good,
    case when good then n % 3 > 0 end,
    case when good then substr($3::text, n * 37 % 2500 + 1, 200 + n % 120) end,
    case when good then substr($3::text, n * 11 % 2500 + 1, 18) end,
    case when good then '+4930' || lpad((n % 10000000)::text, 7, '0') end,
    case when good then substr($3::text, n * 53 % 2500 + 1, 110) end,
    case when not good then 'http_4xx' end,
    case when not good then 'The server answered 404 for this address.' end,
    case when good then json_build_object(
        'labels', json_build_array('building', 'shop', substr($3::text, n * 7 % 2500 + 1, 12)),
        'score', n % 100 / 100.0,
        'lines', json_build_array(substr($3::text, n * 37 % 2500 + 1, 120), n % 640, n % 480, 120, 32)) end,
    (n % 900) / 1000.0, '0123456789ab', n % 10 = 0,
    json_build_object('branch', 'Branch ' || n % 500, 'city', 'Zürich', 'sku', 'SKU-' || n),
    '2026-11-01T00:00:00Z'::timestamptz + n * interval '13 milliseconds'
from (select n, n % 20 > 0 as good from generate_series(1, $2::int) as n) as rows
"""
# Said to be indexed: the indexer would work beside what is measured.
_CHUNKS = """
insert into exporter.chunks (
    batch_id, chunk_no, processed, successful, failed, attempts, first_result_at, last_result_at, indexed
)
select
    $1, chunk_no, count(*), count(*) filter (where success), count(*) filter (where not success), count(*),
    min(created_at), max(created_at), true
from exporter.results
where batch_id = $1
group by chunk_no
"""


async def load(connection: asyncpg.Connection, rows: int, name: str) -> UUID:
    """A batch whose every row has its result. 1,000,000 rows take half a minute."""
    batch_id = uuid4()
    await connection.execute(
        "insert into gateway.batches (batch_id, name, original_filename, total_urls, chunk_size, columns,"
        " region, rows_path, upload_path, desired) values ($1, $2, 'f.csv', $3, $4, $5, 'US', 'r', 'u',"
        " 'running')",
        batch_id, name, rows, _CHUNK, list(COLUMNS),
    )  # fmt: skip
    await connection.execute(_RESULTS, batch_id, rows, _text(), timeout=_SECONDS)
    await connection.execute(_CHUNKS, batch_id, timeout=_SECONDS)
    await connection.execute("vacuum analyze exporter.results", timeout=_SECONDS)
    return batch_id


def _text() -> str:
    chosen = random.Random(1).choices(" ".join(_WORDS).split(), k=600)
    return " ".join(chosen)
