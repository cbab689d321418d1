"""Clones: a new batch of another's rows, which begins with its results where that is asked for (rule 9)."""

import asyncio
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import obstore
from obstore.store import ObjectStore

from services.gateway import audit
from services.gateway.errors import BatchNotFound, BatchStateError, ProcessingError, SystemUnavailable
from services.gateway.fields import NAME_LENGTH, one_line
from services.gateway.leftovers import remove
from services.gateway.snapshot import Snapshot, read_batch
from services.gateway.status import Status
from services.gateway.upload import Paths, paths_of
from shared import outbox
from shared.desired import Desired, State
from shared.events import BatchSubmitted
from shared.postgres import Pool, statements_beside
from shared.topics import BATCHES

_SQL = statements_beside(__file__)
_SECONDS = 20.0
# The store copies by itself: a link on a local disk, minutes for gigabytes in a bucket.
_COPY_SECONDS = 300.0
_SUFFIX = " (copy)"


class Wanted(NamedTuple):
    """An empty name is made of the source's; `max_cost` in micro-dollars, None: the
    source's, but for one with results, which costs nothing."""

    name: str
    copy_results: bool
    auto_start: bool
    max_cost: int | None = None


async def clone(pool: Pool, store: ObjectStore, source_id: UUID, wanted: Wanted) -> Snapshot:
    """The new batch. Raises BatchNotFound, BatchStateError, and ProcessingError when the file is gone."""
    source = await read_batch(pool, source_id)
    refuse(source, wanted.copy_results)
    batch_id = uuid4()
    try:
        await _copy_blobs(store, paths_of(source_id), paths_of(batch_id))
        return await _put(pool, source, batch_id, wanted)
    except (BatchNotFound, ProcessingError):
        await asyncio.to_thread(remove, store, batch_id)
        raise


def refuse(source: Snapshot, copy_results: bool) -> None:
    """Raises BatchStateError where there is nothing that could be cloned."""
    if source.soft_deleted:
        raise BatchStateError(f"Can't clone batch {source.batch_id}: it is soft-deleted. Restore it first.")
    ended = source.status in (Status.COMPLETED, Status.FAILED)
    if copy_results and not (ended and source.processed == source.total_urls):
        raise BatchStateError(
            f"Can't copy the results of batch {source.batch_id}: it is {source.status}, and"
            f" {source.processed} of {source.total_urls} rows have one. Clone it once it has completed, or"
            " with copy_results false."
        )


def name_of(source: Snapshot, wanted: Wanted) -> str:
    return one_line(wanted.name) or source.name[: NAME_LENGTH - len(_SUFFIX)] + _SUFFIX


async def _copy_blobs(store: ObjectStore, source: Paths, target: Paths) -> None:
    try:
        async with asyncio.timeout(_COPY_SECONDS):
            for old, new in zip(source, target, strict=True):
                await asyncio.to_thread(obstore.copy, store, old, new)
    except FileNotFoundError as error:
        raise ProcessingError("The batch's file can no longer be read.") from error
    except TimeoutError as error:
        raise SystemUnavailable("The blob store takes too long to copy the file. Try again later.") from error


async def _put(pool: Pool, source: Snapshot, batch_id: UUID, wanted: Wanted) -> Snapshot:
    """After an error of the commit the blobs stay: it may have happened. Else the sweep finds them."""
    starts = wanted.auto_start or wanted.copy_results
    desired = Desired(1, State.RUNNING if starts else State.HELD)
    name, paths = name_of(source, wanted), paths_of(batch_id)
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        ids = (source.batch_id, batch_id)
        made = await connection.fetchval(
            _SQL["clone_put"],
            *ids,
            name,
            paths.rows,
            paths.upload,
            desired.state,
            wanted.copy_results,
            wanted.max_cost,
        )
        if made is None:
            raise BatchNotFound(f"There is no batch {source.batch_id}.")
        await connection.execute(_SQL["transition_put"], batch_id, desired.version, 1, desired.state)
        event = BatchSubmitted(
            batch_id=batch_id,
            at=datetime.now(UTC),
            version=desired.version,
            name=name,
            total_urls=source.total_urls,
            chunk_size=source.chunk_size,
            held=desired.state is State.HELD,
        )
        await outbox.put(connection, BATCHES, event)
        details = {"source": str(source.batch_id), "results": wanted.copy_results}
        await audit.put(connection, "clone", batch_id, details)
        return await read_batch(connection, batch_id)
