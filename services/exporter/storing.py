"""A poll's results into the table, and the counters of their chunks by old against new (rule 3).

Nearly all results are new: those are copied, which takes half the CPU of the statement that upserts (a row of
1 KB: 5 µs of the server against 9, 3 of the exporter against 9). Where one of them is there already, that
statement stores them all.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from services.exporter.deltas import ByChunk, Delta, by_chunk, last_worker, of_new
from shared.error_classes import ErrorClass
from shared.events import ImageAnalyzed
from shared.postgres import Connection, statements_beside
from shared.price import MOST_MICROS
from shared.wire import clean_text

_SQL = statements_beside(__file__)
_LONGEST_URL = 2_000
# Fewer rows are upserted at once: the two ways take the same.
_WORTH_COPYING = 100
_SAMPLED = 20
_COLUMNS = (
    "batch_id", "row_no", "chunk_no", "attempt", "url", "success", "store_image", "text_content",
    "store_name", "business_contact", "image_description", "error_class", "error_message", "analysis_result",
    "processing_time_seconds", "api_key_used", "cache_hit", "gemini_model_used", "extra", "created_at",
    "cost", "units",
)  # fmt: skip
_NOTHING = msgspec.Raw(b"null")
# What says that a value can't be stored, by the server (also JSON too deep for it) or by the encoder
# of a value here (a number out of range, a lone surrogate): trying again would not help.
REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,
    ValueError,
)


class Chunk(NamedTuple):
    """A chunk that was touched: its rows that have the result of their wanted attempt, and how many were
    stored."""

    batch_id: UUID
    chunk_no: int
    settled: int
    stored: int


async def store(connection: Connection, events: Sequence[ImageAnalyzed]) -> list[Chunk]:
    """Stores what is newer than what is there, in a savepoint; at least one event. Raises one of REFUSED."""
    if await _seem_new(connection, events):
        with suppress(asyncpg.UniqueViolationError):
            async with connection.transaction():
                return await _copy(connection, events)
    async with connection.transaction():
        return await _upsert(connection, events)


async def _seem_new(connection: Connection, events: Sequence[ImageAnalyzed]) -> bool:
    """By a sample: what comes again mostly comes by polls."""
    if len(events) < _WORTH_COPYING or any(event.attempt > 1 for event in events):
        return False
    sample = events[::_SAMPLED]
    keys = [event.batch_id for event in sample], [event.row_no for event in sample]
    return not await connection.fetchval(_SQL["is_known"], *keys)


async def _copy(connection: Connection, events: Sequence[ImageAnalyzed]) -> list[Chunk]:
    """Raises UniqueViolationError where a row has a result already, or two of them."""
    await connection.copy_records_to_table(
        "results", schema_name="exporter", columns=_COLUMNS, records=map(_record, events)
    )
    chunks = by_chunk(events)
    return await _total(connection, [of_new(*chunk, of_it) for chunk, of_it in chunks.items()], chunks)


async def _upsert(connection: Connection, events: Sequence[ImageAnalyzed]) -> list[Chunk]:
    columns = zip(*map(_record, events), strict=True)
    deltas = [Delta(*row) for row in await connection.fetch(_SQL["store"], *columns)]
    return await _total(connection, deltas, by_chunk(events)) if deltas else []


async def _total(connection: Connection, deltas: Iterable[Delta], events: ByChunk) -> list[Chunk]:
    rows = [(*delta, last_worker(events[delta.batch_id, delta.chunk_no])) for delta in deltas]
    return [Chunk(*row) for row in await connection.fetch(_SQL["total"], *zip(*rows, strict=True))]


def _record(event: ImageAnalyzed) -> tuple[Any, ...]:
    """In the order of _COLUMNS and of store.sql's parameters."""
    return (
        event.batch_id,
        event.row_no,
        event.chunk_no,
        event.attempt,
        event.url,
        event.success,
        event.store_image,
        event.text_content,
        event.store_name,
        event.business_contact,
        event.image_description,
        event.error_class,
        event.error_message,
        None if event.analysis_result == _NOTHING else bytes(event.analysis_result).decode(),
        event.processing_time_seconds,
        event.api_key_used,
        event.cache_hit,
        event.gemini_model_used,
        _cells(event.extra) if event.extra else None,
        event.at,
        event.cost,
        event.units,
    )


def _cells(extra: dict[str, str]) -> str:
    """Cleaned where needed: `json` takes an escaped NUL, and reading that cell would fail every export."""
    text = msgspec.json.encode(extra).decode()
    return msgspec.json.encode(_cleaned(extra)).decode() if "\\u0000" in text else text


def _cleaned(extra: dict[str, str]) -> dict[str, str]:
    return {clean_text(name): clean_text(cell) for name, cell in extra.items()}


def replacement(event: ImageAnalyzed) -> ImageAnalyzed:
    """The plain failed result that takes the place of one that Postgres refuses (rule 7)."""
    return ImageAnalyzed(
        batch_id=event.batch_id,
        at=event.at,
        result_id=event.result_id,
        chunk_id=event.chunk_id,
        chunk_no=event.chunk_no,
        row_no=event.row_no,
        attempt=event.attempt,
        run=event.run,
        url=clean_text(event.url)[:_LONGEST_URL],
        success=False,
        error_class=ErrorClass.UNSTORABLE,
        error_message="The answer for this row could not be stored.",
        cost=min(max(event.cost, 0), MOST_MICROS),
        units=min(max(event.units, 0), MOST_MICROS),
        extra=_cleaned(event.extra),
        worker=clean_text(event.worker),
    )
