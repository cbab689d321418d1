"""Retry on demand (rule 3): failed rows are wanted once more and their batch gets a new run, all at once."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.gateway import audit
from services.gateway.change import Changed, move_of
from services.gateway.errors import NotFound, ValidationError
from services.gateway.snapshot import Snapshot, read_batch
from services.gateway.status import Status
from services.gateway.transitions import Action
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

    @property
    def change(self) -> Changed:
        return Changed(self.before, self.batch.status, self.batch.wanted, self.changed)


async def retry(pool: Pool, batch_id: UUID, which: Which) -> Retried:
    """Raises BatchNotFound, and BatchStateError unless the batch completed, failed or is being retried."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        await connection.execute(_SQL["batch_lock"], batch_id, timeout=_ROWS_SECONDS)
        batch = await read_batch(connection, batch_id)
        if move_of(batch, Action.RETRY) is None:
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
    await audit.put(connection, Action.RETRY, batch.batch_id, {"status": batch.status, "version": version})
    event = BatchResumed(batch_id=batch.batch_id, at=datetime.now(UTC), version=version, run=run)
    await outbox.put(connection, BATCHES, event)


async def batch_of_failed(pool: Pool, result_id: UUID) -> tuple[UUID, int]:
    """The batch and row of a failed result. Raises NotFound, and ValidationError for one that succeeded."""
    row = await pool.fetchrow(_SQL["result_find"], *batch_range(result_id))
    if row is None:
        raise NotFound(f"There is no result {result_id}.")
    if row["success"]:
        raise ValidationError(f"Result {result_id} succeeded: only a failed one can be retried.")
    return row["batch_id"], row["row_no"]
