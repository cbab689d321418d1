"""A user's change of a batch's life: one transaction with its history and its event."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.gateway import audit
from services.gateway.commands import Command
from services.gateway.errors import BatchNotFound, BatchStateError
from services.gateway.snapshot import Snapshot, read_batch
from services.gateway.status import PauseReason, Status
from services.gateway.transitions import Action, Move, Refusal, decide
from shared import outbox
from shared.desired import Desired, State
from shared.ends import end
from shared.events import BatchCancelled, BatchEvent
from shared.postgres import Connection, Pool, statements_beside
from shared.price import MICROS, dollars
from shared.topics import BATCHES

_SQL = statements_beside(__file__)
_SECONDS = 20.0


class Changed(NamedTuple):
    """`changed` is false when it was so already. `after` is DELETED of a batch that is gone; `desired` is
    None where the change is none of the desired state; `purge_at` that of a soft-deleted batch."""

    before: Status | State
    after: Status | State
    desired: Desired | None
    changed: bool
    purge_at: datetime | None = None


async def change(pool: Pool, batch_id: UUID, command: Command) -> Changed:
    """Raises BatchNotFound, and BatchStateError where the batch's status does not allow it."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        locked = await connection.fetchrow(_SQL["batch_lock"], batch_id)
        if locked and locked["desired"] == State.DELETED and command.action is Action.DELETE:
            wanted = Desired(locked["version"], State.DELETED)
            return Changed(State.DELETED, State.DELETED, wanted, changed=False)
        batch = await read_batch(connection, batch_id)
        before = batch.status
        if command.action is Action.DELETE and command.force and before.is_active:
            batch = await _ended(connection, batch)
        return (await _decided(connection, batch, command))._replace(before=before)


async def expire(pool: Pool, batch_id: UUID) -> Desired | None:
    """Deletes a soft-deleted batch whose retention is over; None for one that was restored meanwhile."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        if not await connection.fetchval(_SQL["expired_lock"], batch_id):
            return None
        batch = await read_batch(connection, batch_id)
        return (await _decided(connection, batch, Command(Action.DELETE))).desired


async def hold_back(pool: Pool, batch_id: UUID) -> Changed | None:
    """Pauses a batch that can't go on under its max_cost; None for one whose limit was raised meanwhile, or
    that does not run any more."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        await connection.execute(_SQL["batch_lock"], batch_id)
        try:
            batch = await read_batch(connection, batch_id)
        except BatchNotFound:
            return None
        if not batch.short or batch.status not in (Status.QUEUED, Status.PROCESSING):
            return None
        return await _decided(connection, batch, Command(Action.PAUSE, reason=PauseReason.MAX_COST))


async def _decided(connection: Connection, batch: Snapshot, command: Command) -> Changed:
    move = move_of(batch, command.action)
    if move is None and command.max_cost is None:
        return Changed(batch.status, batch.status, batch.wanted, changed=False, purge_at=batch.purge_at)
    if command.action is Action.RESUME:
        _refuse_short(batch, command.max_cost)
    await _note(connection, batch.batch_id, command)
    details = {"status": batch.status, "version": batch.version, **_why(command)}
    await audit.put(connection, command.action, batch.batch_id, details)
    if move is None:
        return Changed(batch.status, batch.status, batch.wanted, changed=True)
    return await _move(connection, batch, command.action, move)


def move_of(batch: Snapshot, action: Action) -> Move | None:
    """None where it is so already. Raises BatchStateError where it is not allowed."""
    decided = decide(action, batch.status, batch.soft_deleted, batch.force_start, batch.run > 1)
    if isinstance(decided, Refusal):
        refused = f"Can't {action} batch {batch.batch_id}: it is {batch.status}. {decided.advice}"
        raise BatchStateError(refused)
    return decided


def _refuse_short(batch: Snapshot, max_cost: int | None) -> None:
    """Raises BatchStateError for a batch that would be paused again at once."""
    limit = batch.max_cost or 0
    more = max(2 * limit, MICROS)
    if batch.short and (max_cost or 0) <= limit:
        raise BatchStateError(
            f"Can't resume batch {batch.batch_id}: its next rows, up to 64, could cost more than its max_cost"
            f" of {dollars(limit)} USD allows. Which of them cost nothing, as their pictures are known, is"
            " found out when they are worked on."
            f' Send a higher one, as in {{"max_cost": {dollars(more):.2f}}}.'
        )


def _why(command: Command) -> dict[str, Any]:
    said = {"reason": command.reason, "max_cost": command.max_cost}
    return {name: value for name, value in said.items() if value is not None}


async def _note(connection: Connection, batch_id: UUID, command: Command) -> None:
    """What an action changes beside the desired state."""
    match command.action:
        case Action.RESUME if command.max_cost is not None:
            await connection.execute(_SQL["max_cost_set"], batch_id, command.max_cost)
        case Action.FORCE_START:
            await connection.execute(_SQL["force_start_set"], batch_id)
        case Action.SOFT_DELETE:
            await connection.execute(_SQL["soft_delete_set"], batch_id, command.retention_days)
        case Action.RESTORE:
            await connection.execute(_SQL["restore_set"], batch_id)
        case _:
            pass


async def _move(connection: Connection, batch: Snapshot, action: Action, move: Move) -> Changed:
    if move.state is None:
        after = await read_batch(connection, batch.batch_id)
        return Changed(batch.status, after.status, None, changed=True, purge_at=after.purge_at)
    desired = Desired(batch.version + 1, move.state)
    await connection.execute(_SQL["desired_set"], batch.batch_id, desired.state, desired.version)
    await connection.execute(
        _SQL["transition_put"], batch.batch_id, desired.version, batch.run, desired.state
    )
    if not await _told(connection, batch, desired, move.event):
        # The last result came first: rolled back, nothing has changed.
        raise BatchStateError(f"Can't {action} batch {batch.batch_id}: it has just ended.")
    if desired.state is State.DELETED:
        return Changed(batch.status, State.DELETED, desired, changed=True)
    after = await read_batch(connection, batch.batch_id)
    return Changed(batch.status, after.status, desired, changed=True)


async def _told(
    connection: Connection, batch: Snapshot, desired: Desired, kind: type[BatchEvent] | None
) -> bool:
    """False when the run ended while it was decided."""
    now = datetime.now(UTC)
    if kind is None:
        return await end(connection, _cancelled(batch, desired, now))
    event = kind(batch_id=batch.batch_id, at=now, version=desired.version, run=batch.run)
    await outbox.put(connection, BATCHES, event)
    return desired.state is State.DELETED or (await read_batch(connection, batch.batch_id)).ended is None


async def _ended(connection: Connection, batch: Snapshot) -> Snapshot:
    """Cancelled, unless it ends by itself at this moment."""
    try:
        async with connection.transaction():
            await _decided(connection, batch, Command(Action.CANCEL))
    except BatchStateError:
        pass
    return await read_batch(connection, batch.batch_id)


def _cancelled(batch: Snapshot, desired: Desired, now: datetime) -> BatchCancelled:
    return BatchCancelled(
        batch_id=batch.batch_id,
        at=now,
        version=desired.version,
        run=batch.run,
        total_urls=batch.total_urls,
        successful=batch.successful,
        failed=batch.failed,
        attempts=batch.attempts,
    )
