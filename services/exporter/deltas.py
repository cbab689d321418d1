"""What stored results change in the counters of their chunks (pure)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.events import ImageAnalyzed

ByChunk = dict[tuple[UUID, int], list[ImageAnalyzed]]


class Delta(NamedTuple):
    """Of one chunk, as store.sql says it. `errors` is a JSON object: rows by class, negative where fewer."""

    batch_id: UUID
    chunk_no: int
    stored: int
    processed: int
    successful: int
    failed: int
    attempts: int
    cost: int
    units: int
    errors: str
    first_result_at: datetime
    last_result_at: datetime


def by_chunk(events: Iterable[ImageAnalyzed]) -> ByChunk:
    chunks: ByChunk = {}
    for event in events:
        chunks.setdefault((event.batch_id, event.chunk_no), []).append(event)
    return chunks


def of_new(batch_id: UUID, chunk_no: int, events: Sequence[ImageAnalyzed]) -> Delta:
    """Where none of these rows had a result."""
    successful = sum(event.success for event in events)
    errors = Counter(event.error_class for event in events if event.error_class is not None)
    times = [event.at for event in events]
    return Delta(
        batch_id=batch_id,
        chunk_no=chunk_no,
        stored=len(events),
        processed=len(events),
        successful=successful,
        failed=len(events) - successful,
        attempts=sum(event.attempt for event in events),
        cost=sum(event.cost for event in events),
        units=sum(event.units for event in events),
        errors=msgspec.json.encode(errors).decode(),
        first_result_at=min(times),
        last_result_at=max(times),
    )


def last_worker(events: Iterable[ImageAnalyzed]) -> str:
    """Who reported last."""
    return max(events, key=lambda event: event.at).worker
