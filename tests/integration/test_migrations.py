"""What users have stored survives the migrations that move it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from services.migrate import FOLDERS
from shared.migrate import migrate
from tests.servers import Servers, fresh_database

_RESULTS = "select * from exporter.results order by batch_id, row_no"


def before(number: int, folder: Path) -> dict[str, Path]:
    """The migrations of all schemas with lower numbers."""
    folders = {}
    for schema, source in FOLDERS.items():
        folders[schema] = folder / str(number) / schema
        folders[schema].mkdir(parents=True)
        for path in source.glob("*.sql"):
            if int(path.stem.partition("_")[0]) < number:
                shutil.copy(path, folders[schema])
    return folders


@pytest.fixture
def empty_database(servers: Servers) -> Iterator[str]:
    with fresh_database(servers, "template1") as url:
        yield url


async def test_results_move_into_their_parts(empty_database: str, tmp_path: Path) -> None:
    batches = [uuid4() for _ in range(40)]
    await migrate(empty_database, before(20, tmp_path))
    connection = await asyncpg.connect(empty_database)
    try:
        await connection.execute(
            "insert into exporter.results (batch_id, row_no, chunk_no, attempt, url, success, store_name,"
            " analysis_result, processing_time_seconds, cache_hit, extra, created_at, cost)"
            " select b, n, 1, 2, 'http://a.test/' || n, n > 1, 'Shop ' || n, '{\"a\": [1]}', 0.5, false,"
            ' \'{"city": "Bern"}\', $2, 10 from unnest($1::uuid[]) b, generate_series(1, 3) n',
            batches,
            datetime(2026, 1, 1, tzinfo=UTC),
        )
        stored = await connection.fetch(_RESULTS)
        await migrate(empty_database, before(21, tmp_path))
        assert await connection.fetch(_RESULTS) == stored
        assert len(stored) == 120
        parts = await connection.fetch("select tableoid::int, count(*) from exporter.results group by 1")
        assert len(parts) > 8
        words = await connection.fetchval(
            "select exporter.words(r) from exporter.results r where batch_id = $1 and row_no = 2",
            batches[0],
        )
        assert "Shop 2" in words
    finally:
        await connection.close()
