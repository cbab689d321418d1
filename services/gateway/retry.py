"""Retry on demand (rule 3): failed rows are wanted once more and their batch gets a new run, all at once."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.gateway import audit
from services.gateway.errors import BatchStateError, NotFound, ValidationError
from services.gateway.snapshot import Snapshot, read_batch
from services.gateway.status import Status
from services.gateway.transitions import RETRIED_FROM
from shared import outbox
from shared.desired import State
from shared.events import BatchResumed
from shared.ids import batch_range
from shared.postgres import Connection, Pool, statements_beside
from shared.topics import BATCHES

_SQL = statements_beside(__file__)
_SECONDS = 20.0
# A million failed rows take 6 s on a busy machine; nobody but other changes of the same batch waits.
_ROWS_SECONDS = 300.0


class Which(NamedTuple):
    """The failed rows that are meant: those of some classes (None: of any), or one row (None: all)."""

    classes: tuple[str, ...] | None = None
    row_no: int | None = None


class Retried(NamedTuple):
    """The batch as it is now. `rows` are tried again; `changed` is false when there was nothing to do."""

    before: Status
    batch: Snapshot
    rows: int
    changed: bool


async def retry(pool: Pool, batch_id: UUID, which: Which) -> Retried:
    """Raises BatchNotFound, and BatchStateError unless the batch completed, failed or is being retried."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        await connection.execute(_SQL["batch_lock"], batch_id, timeout=_ROWS_SECONDS)
        batch = await read_batch(connection, batch_id)
        if not may_retry(batch):
            return Retried(batch.status, batch, 0, changed=False)
        rows = (batch_id, which.classes, which.row_no, batch.chunk_size)
        raised = await connection.fetchval(_SQL["retry_rows"], *rows, timeout=_ROWS_SECONDS)
        # A run that could not go on left rows without their result: a retry of all takes them along.
        left = batch.outstanding if which == Which() else 0
        if raised + left == 0:
            return Retried(batch.status, batch, 0, changed=False)
        await _begin_run(connection, batch, raised)
        return Retried(batch.status, await read_batch(connection, batch_id), raised + left, changed=True)


async def _begin_run(connection: Connection, batch: Snapshot, raised: int) -> None:
    version, run = batch.version + 1, batch.run + 1
    await connection.execute(_SQL["run_next"], batch.batch_id, version, raised)
    await connection.execute(_SQL["transition_put"], batch.batch_id, version, run, State.RUNNING)
    await audit.put(connection, "retry", batch.batch_id, {"status": batch.status, "version": version})
    event = BatchResumed(batch_id=batch.batch_id, at=datetime.now(UTC), version=version, run=run)
    await outbox.put(connection, BATCHES, event)


def may_retry(batch: Snapshot) -> bool:
    """False when it is being retried already. Raises BatchStateError where it is not allowed."""
    refused = f"Can't retry batch {batch.batch_id}: it is"
    if batch.deleted_at is not None:
        raise BatchStateError(f"{refused} soft-deleted. Restore it first.")
    if batch.status in RETRIED_FROM:
        return True
    if batch.status is Status.CANCELLED:
        raise BatchStateError(f"{refused} cancelled. Clone it to process its file again.")
    if batch.run > 1 and batch.status is not Status.PAUSED:
        return False
    raise BatchStateError(f"{refused} {batch.status}. It can be retried once it has completed or failed.")


async def batch_of_failed(pool: Pool, result_id: UUID) -> tuple[UUID, int]:
    """The batch and row of a failed result. Raises NotFound, and ValidationError for one that succeeded."""
    row = await pool.fetchrow(_SQL["result_find"], *batch_range(result_id))
    if row is None:
        raise NotFound(f"There is no result {result_id}.")
    if row["success"]:
        raise ValidationError(f"Result {result_id} succeeded: only a failed one can be retried.")
    return row["batch_id"], row["row_no"]
