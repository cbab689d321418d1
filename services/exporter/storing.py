"""A poll's results into the table: one statement that upserts and counts (rule 3)."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from shared.error_classes import ErrorClass
from shared.events import ImageAnalyzed
from shared.postgres import Connection, statements_beside
from shared.price import MOST_MICROS
from shared.wire import clean_text

_SQL = statements_beside(__file__)
_LONGEST_URL = 2_000
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
    """A chunk that a statement touched: its rows that have the result of their wanted attempt, and how many
    rows the statement stored."""

    batch_id: UUID
    chunk_no: int
    settled: int
    stored: int


async def store(connection: Connection, events: Sequence[ImageAnalyzed]) -> list[Chunk]:
    """Stores what is newer than what is there, in a savepoint; at least one event. Raises one of REFUSED."""
    columns = zip(*map(_record, events), strict=True)
    reporters = zip(*_reporters(events), strict=True)
    async with connection.transaction():
        return [Chunk(*row) for row in await connection.fetch(_SQL["store"], *columns, *reporters)]


def _reporters(events: Iterable[ImageAnalyzed]) -> list[tuple[UUID, int, str]]:
    """Who reported last of each chunk."""
    latest: dict[tuple[UUID, int], ImageAnalyzed] = {}
    for event in events:
        chunk = event.batch_id, event.chunk_no
        if chunk not in latest or latest[chunk].at < event.at:
            latest[chunk] = event
    return [(*chunk, event.worker) for chunk, event in latest.items()]


def _record(event: ImageAnalyzed) -> tuple[Any, ...]:
    """In the order of store.sql's parameters."""
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
