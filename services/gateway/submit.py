"""The one transaction that makes a batch: its row, its history, its event, its idempotency key."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.gateway import audit
from services.gateway.errors import KeyReused
from services.gateway.fields import Wanted
from services.gateway.priority import WEIGHTS, Priority
from services.gateway.reading import Summary
from services.gateway.replies import envelope
from services.gateway.upload import Paths
from shared import outbox
from shared.desired import Desired, State
from shared.events import BatchSubmitted
from shared.postgres import Connection, Pool, statements_beside
from shared.topics import BATCHES

_SQL = statements_beside(__file__)
_SECONDS = 20.0


def info_of(
    *, name: str, rows: int, chunk_size: int, priority: Priority, filename: str, started: bool
) -> dict[str, Any]:
    """What a batch that was just made is told of, `batch_info`."""
    return {
        "batch_name": name,
        "total_urls": rows,
        "total_chunks": -(-rows // chunk_size),
        "status": "QUEUED" if started else "PENDING",
        "auto_started": started,
        "chunk_size": chunk_size,
        "priority": priority,
        "original_filename": filename,
    }


class NewBatch(NamedTuple):
    """A batch that is in the blob store whole, and in Postgres not yet."""

    batch_id: UUID
    wanted: Wanted
    summary: Summary
    paths: Paths

    @property
    def desired(self) -> Desired:
        return Desired(1, State.RUNNING if self.wanted.auto_start else State.HELD)

    def reply(self) -> bytes:
        started = self.wanted.auto_start
        info = info_of(
            name=self.wanted.name,
            rows=self.summary.total_rows,
            chunk_size=self.wanted.chunk_size,
            priority=self.wanted.priority,
            filename=self.wanted.filename,
            started=started,
        )
        message = "Batch created and processing started" if started else "Batch created; start it when ready"
        return envelope({"batch_id": self.batch_id, "batch_info": info}, message)


class Key(NamedTuple):
    """An Idempotency-Key and what it was sent with."""

    key: str
    fingerprint: bytes


class Submitted(NamedTuple):
    """`created` is false when the key had been used for the same upload: `body` is that reply."""

    body: bytes
    created: bool


class Submission:
    """One try to make a batch. After an error, its blobs are of no use unless `may_be_committed`: the answer
    to a commit can be lost."""

    def __init__(self, pool: Pool, batch: NewBatch, key: Key | None) -> None:
        self._pool = pool
        self._batch = batch
        self._key = key
        self.may_be_committed = False

    async def submit(self) -> Submitted:
        """Raises KeyReused when the key was sent with something else. Who commits first has the key."""
        key, body = self._key, self._batch.reply()
        async with self._pool.acquire(timeout=_SECONDS) as connection:
            async with connection.transaction():
                if key is None or await _take_key(connection, self._batch.batch_id, key, body):
                    await _put(connection, self._batch)
                    self.may_be_committed = True
                    return Submitted(body, created=True)
            return Submitted(await _reply_of(connection, key), created=False)


async def _take_key(connection: Connection, batch_id: UUID, key: Key, body: bytes) -> bool:
    taken = await connection.fetchval(_SQL["key_put"], key.key, key.fingerprint, batch_id, body.decode())
    return taken is not None


async def _reply_of(connection: Connection, key: Key) -> bytes:
    row = await connection.fetchrow(_SQL["key_read"], key.key)
    if row is None or row["fingerprint"] != key.fingerprint:
        raise KeyReused("This Idempotency-Key was used for another upload. Send a new key with a new upload.")
    reply: str = row["reply"]
    return reply.encode()


async def _put(connection: Connection, batch: NewBatch) -> None:
    wanted, summary, desired = batch.wanted, batch.summary, batch.desired
    await connection.execute(
        _SQL["batch_put"],
        batch.batch_id,
        wanted.name,
        wanted.filename,
        summary.total_rows,
        wanted.chunk_size,
        list(summary.columns),
        wanted.region,
        batch.paths.rows,
        batch.paths.upload,
        desired.state,
        WEIGHTS[wanted.priority],
        wanted.force_refresh,
        wanted.max_cost,
    )
    await connection.execute(_SQL["transition_put"], batch.batch_id, desired.version, 1, desired.state)
    details = {"name": wanted.name, "rows": summary.total_rows, "desired": desired.state}
    await audit.put(connection, "create", batch.batch_id, details)
    event = BatchSubmitted(
        batch_id=batch.batch_id,
        at=datetime.now(UTC),
        version=desired.version,
        name=wanted.name,
        total_urls=summary.total_rows,
        chunk_size=wanted.chunk_size,
        held=desired.state is State.HELD,
    )
    await outbox.put(connection, BATCHES, event)
