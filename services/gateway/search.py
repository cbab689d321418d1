"""Search over the results of all batches: newest batches first, a batch's last rows first.

The words come from an index that the exporter fills behind the results' own way, so the reply says how many
rows wait for it.
"""

from typing import Any, NamedTuple
from uuid import UUID

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


async def search(pool: Pool, asked: Asked) -> Found:
    """Raises ValidationError for text without a word, SystemUnavailable when it takes too long."""
    try:
        async with one_snapshot(pool) as connection:
            return await _search(connection, asked)
    except TimeoutError as error:
        raise SystemUnavailable(
            "The search took too long. Send rarer words, or a batch_id to search in one batch."
        ) from error


async def _search(connection: Connection, asked: Asked) -> Found:
    if asked.words is not None:
        await _refuse_without_word(connection, asked.words)
    # How rare a word is decides the way, so each statement is planned for its own words.
    await connection.execute("set local plan_cache_mode = force_custom_plan")
    most = asked.size + 1 if asked.wanted == Filters() else max(_MOST_LOOKED_AT, asked.size + 1)
    batch = (asked.batch.created_at, asked.batch.batch_id) if asked.batch else (None, None)
    hits = [
        Place(*row)
        for row in await connection.fetch(
            _SQL["search_hits"],
            most,
            *(asked.behind or (None, None, None)),
            *batch,
            asked.words,
            timeout=_SECONDS,
        )
    ]
    rows = await _rows(connection, asked, hits)
    waiting = await connection.fetchval(_SQL["search_waiting"], timeout=_SECONDS)
    return Found(rows[: asked.size], _next_place(asked, hits, rows, most), waiting)


def _next_place(asked: Asked, hits: list[Place], rows: list[dict[str, Any]], most: int) -> Place | None:
    """Behind the last row of a full page, else behind the last hit that was looked at; None at the end."""
    if len(rows) > asked.size:
        last = rows[asked.size - 1]
        return Place(last["batch_at"], last["batch_id"], last["row_no"])
    return hits[-1] if len(hits) == most else None


async def _rows(connection: Connection, asked: Asked, hits: list[Place]) -> list[dict[str, Any]]:
    if not hits:
        return []
    chosen = condition(asked.wanted, 6)
    query = _SQL["search_rows"].format(condition=chosen.sql)
    keys = (list(column) for column in zip(*hits, strict=True))
    rows = await connection.fetch(query, *keys, asked.size + 1, asked.words, *chosen.values, timeout=_SECONDS)
    return [dict(row) for row in rows]


async def _refuse_without_word(connection: Connection, words: str) -> None:
    if not await connection.fetchval("select numnode(websearch_to_tsquery('simple', $1))", words):
        raise ValidationError("q holds no word to look for. Send at least one.")
