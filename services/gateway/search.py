"""Search over the results of all batches: newest batches first, a batch's last rows first.

The words come from an index that the exporter fills behind the results' own way, so the reply says how many
rows wait for it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.gateway.errors import SystemUnavailable, ValidationError
from services.gateway.paging import Moment, RowNo
from services.gateway.snapshot import Snapshot, one_snapshot
from shared.filters import Filters, condition
from shared.postgres import Connection, Pool, statements_beside
from shared.wire import clean_text

_SQL = statements_beside(__file__)
_LONGEST = 500
# Of hits that a filter has to look at one by one, a request takes this many: 20 ms.
_MOST_LOOKED_AT = 1_000
_SECONDS = 8.0
# Of all rows, or in numbers: so many hits are quickly sorted.
_RARE, _FEW = 0.02, 10_000


class Place(NamedTuple):
    """A hit: the next page begins behind it."""

    batch_at: Moment
    batch_id: UUID
    row_no: RowNo


class Asked(NamedTuple):
    """`words` as people type them into a search box: `or`, `-` and quotes have their meaning."""

    words: str | None
    wanted: Filters
    batch: Snapshot | None
    size: int
    behind: Place | None


class Found(NamedTuple):
    """`waiting`: rows whose results are not searchable yet."""

    rows: list[dict[str, Any]]
    behind: Place | None
    waiting: int


def words_of(text: str | None) -> str | None:
    """Raises ValidationError."""
    words = clean_text(text).strip() if text else ""
    if len(words) > _LONGEST:
        raise ValidationError(f"q has {_LONGEST} characters at most: send the rarest words.")
    return words or None


async def search(pool: Pool, asked: Asked, statement: str = "search_rows") -> Found:
    """The statement says what is said of each hit. Raises ValidationError for text without a word,
    SystemUnavailable when it takes too long."""
    async with _searching(pool, asked.words) as connection:
        return await _search(connection, asked, statement)


async def count(pool: Pool, asked: Asked, most: int) -> int:
    """Of all results that hold the words, filters aside; no more than `most`."""
    async with _searching(pool, asked.words) as connection:
        found: int = await connection.fetchval(
            _SQL["search_count"], *_batch_key(asked), asked.words, most, timeout=_SECONDS
        )
        return found


@asynccontextmanager
async def _searching(pool: Pool, words: str | None) -> AsyncIterator[Connection]:
    """Where the way through the index is chosen for these words."""
    try:
        async with one_snapshot(pool) as connection:
            if words is not None:
                await _refuse_without_word(connection, words)
            await connection.execute("set local plan_cache_mode = force_custom_plan")
            await _choose_way(connection, words)
            yield connection
    except TimeoutError as error:
        raise SystemUnavailable(
            "The search took too long. Send rarer words, or a batch_id to search in one batch."
        ) from error


async def _search(connection: Connection, asked: Asked, statement: str) -> Found:
    most = asked.size + 1 if asked.wanted == Filters() else max(_MOST_LOOKED_AT, asked.size + 1)
    hits = [
        Place(*row)
        for row in await connection.fetch(
            _SQL["search_hits"],
            most,
            *(asked.behind or (None, None, None)),
            *_batch_key(asked),
            asked.words,
            timeout=_SECONDS,
        )
    ]
    await connection.execute("reset enable_seqscan; reset enable_indexscan; reset enable_bitmapscan")
    rows = await _rows(connection, asked, hits, statement)
    waiting = await connection.fetchval(_SQL["search_waiting"], timeout=_SECONDS)
    return Found(rows[: asked.size], _next_place(asked, hits, rows, most), waiting)


def _batch_key(asked: Asked) -> tuple[datetime | None, UUID | None]:
    return (asked.batch.created_at, asked.batch.batch_id) if asked.batch else (None, None)


def _next_place(asked: Asked, hits: list[Place], rows: list[dict[str, Any]], most: int) -> Place | None:
    """Behind the last row of a full page, else behind the last hit that was looked at; None at the end."""
    if len(rows) > asked.size:
        last = rows[asked.size - 1]
        return Place(last["batch_at"], last["batch_id"], last["row_no"])
    return hits[-1] if len(hits) == most else None


async def _rows(
    connection: Connection, asked: Asked, hits: list[Place], statement: str
) -> list[dict[str, Any]]:
    if not hits:
        return []
    chosen = condition(asked.wanted, 6)
    query = _SQL[statement].format(condition=chosen.sql)
    keys = (list(column) for column in zip(*hits, strict=True))
    rows = await connection.fetch(query, *keys, asked.size + 1, asked.words, *chosen.values, timeout=_SECONDS)
    return [dict(row) for row in rows]


async def _choose_way(connection: Connection, words: str | None) -> None:
    """Of rare words, all hits by the index of words, then sorted; of common ones, the newest rows until there
    are enough. Left to itself, Postgres hopes to meet any word soon on the second way: it read all of 150,000
    rows for a word that is in none of them."""
    rare = words is not None and await _is_rare(connection, words)
    other = "indexscan" if rare else "bitmapscan"
    await connection.execute(f"set local enable_seqscan = off; set local enable_{other} = off")


async def _is_rare(connection: Connection, words: str) -> bool:
    """By the statistics: a word that is not among the most common ones counts as half a percent."""
    plan = msgspec.json.decode(await connection.fetchval(_SQL["search_plan"], words))
    rows = await connection.fetchval(_SQL["search_size"])
    return bool(plan[0]["Plan"]["Plan Rows"] <= max(rows * _RARE, _FEW))


async def _refuse_without_word(connection: Connection, words: str) -> None:
    if not await connection.fetchval("select numnode(websearch_to_tsquery('simple', $1))", words):
        raise ValidationError("q holds no word to look for. Send at least one.")
