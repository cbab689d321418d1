"""The end of a batch's run: one row that the first writer wins, with its event (three writers)."""

from shared import metrics, outbox
from shared.events import BatchCancelled, BatchCompleted, BatchEnded, BatchFailed
from shared.postgres import Connection, statements_beside
from shared.topics import BATCHES

_SQL = statements_beside(__file__)
_KINDS: dict[type[BatchEnded], str] = {
    BatchCompleted: "completed",
    BatchFailed: "failed",
    BatchCancelled: "cancelled",
}


async def end(connection: Connection, event: BatchEnded) -> bool:
    """Inside the caller's transaction. False when the run has ended already: the caller obeys."""
    kind = _KINDS[type(event)]
    won = await connection.fetchval(
        _SQL["terminal_put"], event.batch_id, event.run, kind, event.reason, event.successful, event.failed
    )
    if won is None:
        return False
    await outbox.put(connection, BATCHES, event)
    metrics.BATCHES_ENDED.labels(kind).inc()
    return True
