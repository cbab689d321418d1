"""A user's change of a batch's desired state: one transaction with its history and its event."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.gateway import audit
from services.gateway.errors import BatchStateError
from services.gateway.snapshot import Snapshot, read_batch
from services.gateway.status import Status
from services.gateway.transitions import Action, Move, Refusal, decide
from shared import outbox
from shared.desired import Desired
from shared.ends import end
from shared.events import BatchCancelled
from shared.postgres import Connection, Pool, statements_beside
from shared.topics import BATCHES

_SQL = statements_beside(__file__)
_SECONDS = 20.0


class Changed(NamedTuple):
    """`changed` is false when it was so already."""

    before: Status
    after: Status
    desired: Desired
    changed: bool


async def change(pool: Pool, batch_id: UUID, action: Action) -> Changed:
    """Raises BatchNotFound, and BatchStateError where the batch's status does not allow it."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        await connection.execute(_SQL["batch_lock"], batch_id)
        batch = await read_batch(connection, batch_id)
        match decide(action, batch.status):
            case Refusal(advice):
                raise BatchStateError(f"Can't {action} batch {batch_id}: it is {batch.status}. {advice}")
            case None:
                return Changed(batch.status, batch.status, batch.wanted, changed=False)
            case Move() as move:
                return await _move(connection, batch, action, move)


async def _move(connection: Connection, batch: Snapshot, action: Action, move: Move) -> Changed:
    desired = Desired(batch.version + 1, move.state)
    await connection.execute(_SQL["desired_set"], batch.batch_id, desired.state, desired.version)
    await audit.put(connection, action, batch.batch_id, {"status": batch.status, "version": desired.version})
    await connection.execute(
        _SQL["transition_put"], batch.batch_id, desired.version, batch.run, desired.state
    )
    now = datetime.now(UTC)
    if move.event is not None:
        event = move.event(batch_id=batch.batch_id, at=now, version=desired.version, run=batch.run)
        await outbox.put(connection, BATCHES, event)
        after = await read_batch(connection, batch.batch_id)
        won = after.ended is None
    else:
        won = await end(connection, _cancelled(batch, desired, now))
        after = await read_batch(connection, batch.batch_id)
    if not won:
        # The last result came first: rolled back, nothing has changed.
        raise BatchStateError(f"Can't {action} batch {batch.batch_id}: it has just ended.")
    return Changed(batch.status, after.status, desired, changed=True)


def _cancelled(batch: Snapshot, desired: Desired, now: datetime) -> BatchCancelled:
    return BatchCancelled(
        batch_id=batch.batch_id,
        at=now,
        version=desired.version,
        run=batch.run,
        total_urls=batch.total_urls,
        successful=batch.successful,
        failed=batch.failed,
    )
