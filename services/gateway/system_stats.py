"""The whole system in numbers: batches by status, rows, chunks that wait, the rate now."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from services.gateway import timing
from services.gateway.status import ChunkStatus, Status
from shared.postgres import Pool, statements_beside

_SQL = statements_beside(__file__)


class StatusCounts(NamedTuple):
    """The batches that have one status, their rows and their chunks. `begun` and `waiting` chunks are not
    whole."""

    status: Status
    batches: int
    processed: int
    successful: int
    completed_chunks: int
    failed_chunks: int
    retrying_chunks: int
    begun_chunks: int
    waiting_chunks: int


async def read_counts(pool: Pool) -> list[StatusCounts]:
    rows = await pool.fetch(_SQL["system_stats"])
    return [StatusCounts(**{**row, "status": Status(row["status"])}) for row in rows]


async def rate_now(pool: Pool) -> float:
    """Rows a minute, of all batches, in the last minute."""
    row = await pool.fetchrow(_SQL["rate_now"])
    assert row is not None
    return timing.rate_per_minute(row["processed"], row["seconds"])


def queue_stats(counts: Sequence[StatusCounts]) -> dict[ChunkStatus, int]:
    """Chunks by what becomes of them; the open ones of a batch that has ended wait for nothing."""
    active = [each for each in counts if each.status.is_active]
    return {
        ChunkStatus.PENDING: sum(each.waiting_chunks for each in active),
        ChunkStatus.PROCESSING: sum(each.begun_chunks for each in active),
        ChunkStatus.RETRYING: sum(each.retrying_chunks for each in active),
        ChunkStatus.COMPLETED: sum(each.completed_chunks for each in counts),
        ChunkStatus.FAILED: sum(each.failed_chunks for each in counts),
    }


def stats(counts: Sequence[StatusCounts], rows_per_minute: float) -> dict[str, Any]:
    by_status = dict.fromkeys(Status, 0) | {each.status: each.batches for each in counts}
    processed = sum(each.processed for each in counts)
    return {
        "total_batches": sum(by_status.values()),
        "active_batches": sum(number for status, number in by_status.items() if status.is_active),
        "completed_batches": by_status[Status.COMPLETED],
        "batches_by_status": by_status,
        "total_urls_processed": processed,
        "overall_success_rate": timing.percent(sum(each.successful for each in counts), processed),
        "rows_per_minute": round(rows_per_minute, 1),
        "queue_stats": queue_stats(counts),
    }
