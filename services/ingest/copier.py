"""A clone's first run: the results of the batch it was made from, sent as its own (rule 9)."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from services.ingest.book import Book
from services.ingest.dispatcher import Order
from shared import metrics
from shared.events import ImageAnalyzed
from shared.ids import chunk_id, result_id
from shared.kafka import Producer
from shared.topics import RESULTS

_NOTHING = msgspec.Raw(b"null")


class Copier:
    """One slice at a time, so that at most 64 results are held, however long their texts are."""

    def __init__(self, book: Book, producer: Producer, instance: str) -> None:
        self._book = book
        self._producer = producer
        self._instance = instance

    async def copy(self, order: Order) -> bool:
        """Publishes the slice's results; returns when Kafka has acknowledged them. False when there is
        nothing to copy, or the source has not all of them any more: then its rows are analysed."""
        source, piece = order.batch.facts.copied_from, order.entry.piece
        if source is None:
            return False
        rows = await self._book.results_of(source, piece.first_row, piece.last_row)
        if len(rows) < piece.rows:
            return False
        clone, now = order.batch.facts.batch_id, datetime.now(UTC)
        events = [_copied(row, clone, piece.chunk_no, now, self._instance) for row in rows]
        key = str(events[0].chunk_id).encode()
        await asyncio.gather(*[await self._producer.send(RESULTS, key, event) for event in events])
        metrics.ROWS_DISPATCHED.labels("copied").inc(len(rows))
        return True


def _copied(row: asyncpg.Record, clone: UUID, chunk_no: int, at: datetime, worker: str) -> ImageAnalyzed:
    """The same result under the clone's ids. Nothing was called for it."""
    fields: dict[str, Any] = dict(row)
    analysis, extra = fields.pop("analysis_result"), fields.pop("extra")
    return ImageAnalyzed(
        batch_id=clone,
        at=at,
        result_id=result_id(clone, row["row_no"]),
        chunk_id=chunk_id(clone, chunk_no),
        chunk_no=chunk_no,
        cache_hit=True,
        analysis_result=_NOTHING if analysis is None else msgspec.Raw(analysis.encode()),
        extra={} if extra is None else msgspec.json.decode(extra, type=dict[str, str]),
        worker=worker,
        **fields,
    )
