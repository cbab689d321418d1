"""The queue as those on call see it: what is stuck, and handing it out again.

Ingest is the writer of its book, so the gateway only writes down what is wanted (gateway.resets); ingest sees
it within a second. Nothing is lost by it: rows that have their results keep them, and answers that were paid
for are found in the cache.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.gateway import audit
from services.gateway.errors import BatchStateError, NotFound
from services.gateway.snapshot import read_batch
from services.gateway.status import Status
from services.gateway.stuck import read_stuck
from services.gateway.system_stats import queue_stats, read_counts
from shared.ids import slice_id
from shared.postgres import Connection, Pool, statements_beside

_SQL = statements_beside(__file__)
_SECONDS = 20.0
_ALL = 0
_STEP = 10_000
Job = Mapping[str, Any]


async def queue_status(pool: Pool) -> dict[str, Any]:
    jobs = await stuck_jobs(pool)
    return {
        "queue_stats": queue_stats(await read_counts(pool)),
        "total_stuck": len(jobs),
        "stuck_jobs": jobs,
        "recommendations": recommendations(jobs),
    }


async def reset(pool: Pool, batch_id: UUID, force: bool) -> dict[str, Any]:
    """Hands out the open slices again. Raises BatchStateError for a batch that does not run, and without
    `force` for one that is not stuck."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        batch = await read_batch(connection, batch_id)
        if batch.status is not Status.PROCESSING:
            raise BatchStateError(
                f"Can't reset batch {batch_id}: it is {batch.status}. Only a processing one has work out."
            )
        stuck: int = await connection.fetchval(_SQL["stuck_of"], batch_id)
        if not stuck and not force:
            raise BatchStateError(
                f"Batch {batch_id} is not stuck. Send force=true to hand out its work again all the same."
            )
        slices = await _ask(connection, batch_id, _ALL)
    return {"batch_id": batch_id, "reset": True, "forced": force, "stuck_jobs": stuck, "slices": slices}


async def retry(pool: Pool, job_id: UUID) -> dict[str, Any]:
    """Hands out one stuck slice again. Raises NotFound for one that is not stuck, or not any more."""
    job = next((job for job in await stuck_jobs(pool) if job["job_id"] == job_id), None)
    if job is None:
        raise NotFound(f"There is no stuck job {job_id}: it has gone on by itself, or there never was one.")
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        slices = await _ask(connection, job["batch_id"], job["first_row"])
    return {"job_id": job_id, "batch_id": job["batch_id"], "retried": True, "slices": slices}


async def cleanup(pool: Pool, max_age_hours: float, clean_database: bool) -> dict[str, int]:
    """Removes what is kept about batches that ended before, never a result, and tells how much it was. The
    rows of their dispatches are ingest's, which drops them when it sees the end: `dispatch_rows` are those
    that it has still to drop."""
    seconds = max_age_hours * 3_600
    removed = {
        "idempotency_keys": await _remove(pool, "keys_clean", seconds),
        "reset_requests": await _remove(pool, "resets_clean", seconds),
    }
    if clean_database:
        removed["dispatch_rows"] = await pool.fetchval(_SQL["dispatches_left"], seconds)
    await audit.put(pool, "cleanup", details={"max_age_hours": max_age_hours, **removed})
    return removed


def recommendations(jobs: Sequence[Job]) -> list[str]:
    """What to do about stuck work, by its reasons, the most frequent first."""
    if not jobs:
        return ["Queue is operating normally"]
    reasons = Counter(job["why"] for job in jobs)
    batches = len({job["batch_id"] for job in jobs})
    told = [f"{count} stuck: {why}." for why, count in reasons.most_common(3)]
    if any("no analyzer" in why for why in reasons):
        return [*told, "Start analyzers, or look at why they end."]
    return [*told, f"If it lasts, reset the {'batch' if batches == 1 else f'{batches} batches'}."]


async def stuck_jobs(pool: Pool) -> list[dict[str, Any]]:
    """Stuck slices by the id that their work has everywhere."""
    stuck = await read_stuck(pool)
    return [{"job_id": slice_id(job["batch_id"], job["first_row"]), **job} for job in stuck]


async def _ask(connection: Connection, batch_id: UUID, first_row: int) -> int:
    slices: int = await connection.fetchval(_SQL["reset_put"], batch_id, first_row)
    await audit.put(connection, "reset", batch_id, {"first_row": first_row, "slices": slices})
    return slices


async def _remove(pool: Pool, statement: str, seconds: float) -> int:
    """In steps, so that no lock is held for long."""
    removed = 0
    while True:
        step = len(await pool.fetch(_SQL[statement], seconds, _STEP))
        removed += step
        if step < _STEP:
            return removed
