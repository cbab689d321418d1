"""The one way to read batches: all that is said of one comes from one statement, so it adds up (G2)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.gateway import timing
from services.gateway.errors import BatchNotFound
from services.gateway.priority import Priority, priority_of
from services.gateway.status import PauseReason, Status, status_of
from shared.desired import Desired, State
from shared.postgres import Connection, Pool, statements_beside

_SQL = statements_beside(__file__)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A batch at `now`. `recent_*` look back 60 seconds at most, `active_seconds` leave pauses out,
    `in_flight` counts the rows of slices that were handed out and are not reported finished. `retried`:
    attempts beyond the first that were ever wanted; `attempts`: the sum of its results'; `cost`: what all of
    them cost, in micro-dollars, as `max_cost` is (None: no limit), for `units`; `short_of`: the max_cost
    that its next rows could pass, as ingest found in this run. `idle_seconds` lie between an end and the
    next run. `deleted_at` and `purge_at` are those of a soft deletion: a batch that is deleted for good has
    no snapshot."""

    batch_id: UUID
    name: str
    original_filename: str
    created_at: datetime
    total_urls: int
    chunk_size: int
    columns: list[str]
    rows_path: str
    desired: State
    version: int
    run: int
    retry_count: int
    retried: int
    weight: int
    fresh_since: datetime | None
    max_cost: int | None
    force_start: bool
    deleted_at: datetime | None
    purge_at: datetime | None
    now: datetime
    started_at: datetime | None
    next_row: int
    short_of: int | None
    ended: str | None
    reason: str | None
    ended_at: datetime | None
    processed: int
    successful: int
    failed: int
    attempts: int
    cost: int
    units: int
    first_open_chunk: int
    queued_at: datetime | None
    active_seconds: float
    idle_seconds: float
    recent_processed: int
    recent_seconds: float
    in_flight: int

    @property
    def status(self) -> Status:
        return status_of(self.desired, self.started_at is not None, self.ended)

    @property
    def soft_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def short(self) -> bool:
        """It can't go on before it may cost more."""
        return self.max_cost is not None and self.short_of == self.max_cost

    @property
    def pause_reason(self) -> PauseReason | None:
        return PauseReason.MAX_COST if self.status is Status.PAUSED and self.short else None

    @property
    def priority(self) -> Priority:
        return priority_of(self.weight)

    @property
    def wanted(self) -> Desired:
        return Desired(self.version, self.desired)

    @property
    def total_chunks(self) -> int:
        return -(-self.total_urls // self.chunk_size)

    @property
    def current_chunk(self) -> int:
        """The lowest unfinished chunk; 0 before the start, the last one at the end."""
        return min(self.first_open_chunk, self.total_chunks) if self.started_at else 0

    @property
    def outstanding(self) -> int:
        """Rows without the result of their wanted attempt (rule 3)."""
        return self.total_urls + self.retried - self.attempts

    @property
    def elapsed_seconds(self) -> float:
        if self.started_at is None:
            return 0.0
        seconds = ((self.ended_at or self.now) - self.started_at).total_seconds()
        return max(0.0, seconds - self.idle_seconds)

    @property
    def rate(self) -> float:
        """Rows a minute over all active time."""
        return timing.rate_per_minute(self.processed, self.active_seconds)

    @property
    def rate_now(self) -> float:
        """Rows a minute of late, or over all if nothing came of late."""
        return timing.rate_per_minute(self.recent_processed, self.recent_seconds) or self.rate

    @property
    def completion(self) -> datetime | None:
        return timing.estimated_completion(self.now, self.status, self.outstanding, self.rate_now)


@asynccontextmanager
async def one_snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """For a reply that takes several statements: all of them see the same moment."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield connection


async def read_batch(connection: Pool | Connection, batch_id: UUID) -> Snapshot:
    """Raises BatchNotFound."""
    found = await read_batches(connection, [batch_id])
    if not found:
        raise BatchNotFound(f"There is no batch {batch_id}.")
    return found[0]


async def read_batches(connection: Pool | Connection, ids: Sequence[UUID]) -> list[Snapshot]:
    """In the order of `ids`, without those that there are not."""
    rows: list[Any] = await connection.fetch(_SQL["batches_read"], ids)
    return [Snapshot(**{**row, "desired": State(row["desired"])}) for row in rows]
