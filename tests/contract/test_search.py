"""Search over all results, on an index that is filled behind them."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.exporter.search.indexer import Indexer
from services.exporter.storing import store
from shared.error_classes import ErrorClass
from shared.events import ImageAnalyzed
from shared.postgres import Pool
from shared.stopping import Stop
from tests.contract.gateway import Gateway, create, data_of, ended
from tests.contract.test_gateway_contract import check, check_error
from tests.contract.test_results import RESULT
from tests.integration.results_world import result

SEARCH = "/api/v1/batch-data"


@pytest.fixture
async def pool(gateway: Gateway) -> AsyncIterator[Pool]:
    async with asyncpg.create_pool(gateway.database_url, min_size=1, max_size=4) as made:
        yield made


async def keep(pool: Pool, *results: ImageAnalyzed) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await store(connection, results)


async def batch_of(client: httpx.AsyncClient, rows: int) -> UUID:
    return await create(client, b"url\n" + b"http://a.test/x\n" * rows, chunk_size="10")


async def found(client: httpx.AsyncClient, **params: Any) -> list[tuple[str, int]]:
    """Batch and row of the hits of all pages."""
    hits: list[tuple[str, int]] = []
    cursor: dict[str, str] = {}
    while True:
        data = await data_of(client, SEARCH, **params, **cursor)
        hits += [(hit["batch_id"], hit["row_no"]) for hit in data["results"]]
        if data["next_cursor"] is None:
            return hits
        cursor = {"cursor": data["next_cursor"]}


async def test_the_life_of_a_row_in_the_index(
    gateway: Gateway, client: httpx.AsyncClient, pool: Pool
) -> None:
    """Only ended runs and quiet whole chunks are indexed; a new attempt is indexed again."""
    word, other = f"w{uuid4().hex}", f"w{uuid4().hex}"
    batch_id = await batch_of(client, 3)
    await keep(pool, result(batch_id, 2, store_name=f"{word} Bakery", chunk_size=10))
    indexer = Indexer(pool)
    await indexer.round(Stop())
    data = await data_of(client, SEARCH, q=word)
    assert (data["results"], data["rows_not_searchable_yet"] >= 1) == ([], True)
    await ended(gateway, batch_id, "cancelled")
    await indexer.round(Stop())
    data = await data_of(client, SEARCH, q=f"{word.upper()} bakery", batch_id=batch_id)
    (hit,) = data["results"]
    check(hit, {**RESULT, "batch_name": str, "snippet": str})
    assert (hit["row_no"], data["next_cursor"], hit["batch_name"]) == (2, None, "shops")
    assert f"**{word}** **Bakery**" in hit["snippet"]
    before = data["rows_not_searchable_yet"]
    await keep(pool, result(batch_id, 2, attempt=2, store_name=other, chunk_size=10))
    assert (await data_of(client, SEARCH, q=word))["rows_not_searchable_yet"] == before + 1
    await indexer.round(Stop())
    assert await found(client, q=word) == []
    assert await found(client, q=other) == [(str(batch_id), 2)]
    await pool.execute("update gateway.batches set deleted_at = now() where batch_id = $1", batch_id)
    assert await found(client, q=other) == []


async def test_pages_filters_and_parts_of_addresses(
    gateway: Gateway, client: httpx.AsyncClient, pool: Pool
) -> None:
    word = f"w{uuid4().hex}"
    older, newer = await batch_of(client, 25), await batch_of(client, 25)
    for batch_id in (older, newer):
        rows = [
            result(
                batch_id,
                row_no,
                chunk_size=10,
                url=f"https://pictures.example.com/{word}-shop-{row_no}.jpg",
                text_content="open daily" if row_no % 2 else None,
                error_class=ErrorClass.DNS if row_no % 5 == 0 else None,
            )
            for row_no in range(1, 26)
        ]
        await keep(pool, *rows)
        await ended(gateway, batch_id, "completed")
    await Indexer(pool).round(Stop())
    whole = [(str(batch_id), row_no) for batch_id in (newer, older) for row_no in range(25, 0, -1)]
    assert await found(client, q=word, per_page=7) == whole
    assert await found(client, q=word, per_page=25) == whole
    odd = [(batch_id, row_no) for batch_id, row_no in whole if row_no % 2]
    assert await found(client, q=f'{word} "open daily"', per_page=10) == odd
    assert await found(client, q=f"{word} -open", batch_id=older) == [
        hit for hit in whole[25:] if hit not in odd
    ]
    failed = [hit for hit in whole if hit[1] % 5 == 0]
    assert await found(client, q=word, failed_only="true", per_page=3) == failed
    assert await found(client, q=f"pictures.example.com {word}", from_row=24) == whole[:2] + whole[25:27]
    reply = await client.get(SEARCH, params={"q": word, "format": "csv", "failed_only": "true"})
    assert reply.headers["content-type"] == "text/csv; charset=utf-8", reply.text
    lines = list(csv.DictReader(io.StringIO(reply.text)))
    assert [(line["batch_id"], int(line["row_no"])) for line in lines] == failed
    assert lines[0]["success"] == "false"
    assert len(await found(client, batch_id=newer, per_page=10)) == 25, "without words, all of the batch"


@pytest.mark.parametrize(
    ("params", "status", "error_type"),
    [
        ({"q": "-", "format": "csv"}, 400, "ValidationError"),
        ({"q": "a", "format": "pdf"}, 400, "ValidationError"),
        ({"q": "-"}, 400, "ValidationError"),
        ({"q": "w" * 501}, 400, "ValidationError"),
        ({"q": "a", "cursor": "no"}, 400, "ValidationError"),
        ({"q": "a", "cursor": "WyIyMDI2LTAxLTAxIiwgIiIsIDFd"}, 400, "ValidationError"),
        ({"q": "a", "batch_id": "none"}, 404, "BatchNotFound"),
        ({"q": "a", "batch_id": str(uuid4())}, 404, "BatchNotFound"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    client: httpx.AsyncClient, params: dict[str, str], status: int, error_type: str
) -> None:
    check_error(await client.get(SEARCH, params=params), status, error_type)


@pytest.mark.parametrize(
    "q", ["\0", "' or 1=1 --", "<b>&|!():*", '"', "a & !(b", "🏪", "-nothing", " " * 300]
)
async def test_hostile_words_are_words(client: httpx.AsyncClient, q: str) -> None:
    assert (await client.get(SEARCH, params={"q": q})).status_code in (200, 400)
