"""The gateway's table of exports in the background: each change in one transaction with its line in the audit
log."""

import hashlib
from typing import NamedTuple
from uuid import UUID, uuid4

import msgspec

from services.gateway import actor, audit
from services.gateway.access import Role
from services.gateway.client_address import client_of
from services.gateway.errors import (
    BatchNotFound,
    BatchStateError,
    KeyReused,
    NotAllowed,
    NotFound,
    RateLimited,
)
from services.gateway.exporting.jobs.asked import ExportWanted, batches_of, of_wanted
from services.gateway.exporting.jobs.job import Job
from services.gateway.paging import Page
from shared.exporting import Export, Shape
from shared.postgres import Connection, Pool, statements_beside

_SQL = statements_beside(__file__)
_SECONDS = 20.0
# Two are made at once, and what waits behind a thousand would be for nobody.
_MOST_OF_ONE = 20
_MOST = 200
# A line of the list is kept so long, its file a day.
_KEPT_DAYS = 7


class Asked(NamedTuple):
    """`created` is false when the Idempotency-Key had been used for the same export."""

    job: Job
    created: bool


async def ask(pool: Pool, body: ExportWanted, key: str | None) -> Asked:
    """Raises ValidationError, BatchNotFound, KeyReused, RateLimited."""
    export = of_wanted(body)
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        if (missing := await connection.fetchval(_SQL["known"], batches_of(export))) is not None:
            raise BatchNotFound(f"There is no batch {missing}.")
        if key is not None and (known := await _by_key(connection, key, export)) is not None:
            return Asked(known, created=False)
        export_id = await _put(connection, body, export, key)
        if export_id is not None:
            return Asked(await read(connection, export_id), created=True)
    return await _refused(pool, key, export)


async def read(connection: Connection | Pool, export_id: UUID) -> Job:
    """Raises NotFound."""
    rows = await connection.fetch(_SQL["read"], [export_id])
    if not rows:
        raise NotFound(f"There is no export {export_id}.")
    return Job(**rows[0])


async def read_page(pool: Pool, page: Page, batch_id: UUID | None = None) -> tuple[list[Job], int]:
    """Newest first, and how many there are on all pages; `batch_id`: those of one batch alone."""
    found = await pool.fetchrow(_SQL["page"], batch_id, page.size, page.offset)
    return [Job(**row) for row in await pool.fetch(_SQL["read"], found["ids"])], found["total"]


async def cancel(pool: Pool, export_id: UUID) -> Job:
    """Raises NotFound, NotAllowed, and BatchStateError for one that has ended."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        job = await read(connection, export_id)
        _check_whose(job)
        if job.cancelled_at is None:
            if await connection.fetchval(_SQL["cancel"], export_id) is None:
                job = await read(connection, export_id)
                raise BatchStateError(
                    f"Can't cancel export {export_id}: it is {job.status}. DELETE removes its file."
                )
            await audit.put(connection, "cancel-export", job.batch_id, {"export": str(export_id)})
        return await read(connection, export_id)


async def delete(pool: Pool, export_id: UUID) -> Job:
    """As it was. Its file goes in the background. Raises NotFound, NotAllowed."""
    async with pool.acquire(timeout=_SECONDS) as connection, connection.transaction():
        job = await read(connection, export_id)
        _check_whose(job)
        await connection.execute(_SQL["delete"], export_id)
        await audit.put(connection, "delete-export", job.batch_id, {"export": str(export_id)})
        return job


async def forget(pool: Pool) -> None:
    """Those that are a week old, and those that the exporter has forgotten."""
    await pool.execute(_SQL["outdated"], _KEPT_DAYS)
    await pool.execute(_SQL["forget"])


def asker() -> str:
    who = actor.current()
    return f"key:{who.key_id}" if who.key_id else f"address:{client_of(who.address)}"


async def _by_key(connection: Connection, key: str, export: Export) -> Job | None:
    row = await connection.fetchrow(_SQL["by_key"], key)
    if row is None:
        return None
    if row["fingerprint"] != _fingerprint(export):
        raise KeyReused("This Idempotency-Key was used for another export. Send a new key with a new export.")
    return await read(connection, row["export_id"])


async def _put(connection: Connection, body: ExportWanted, export: Export, key: str | None) -> UUID | None:
    batch_id = batches_of(export)[0] if export.shape is Shape.BATCH else None
    asked = msgspec.json.encode(body).decode()
    export_id: UUID | None = await connection.fetchval(
        _SQL["put"],
        uuid4(),
        asker(),
        batch_id,
        asked,
        export.format,
        msgspec.json.encode(export).decode(),
        key,
        _fingerprint(export) if key else None,
        _MOST_OF_ONE,
        _MOST,
    )
    if export_id is not None:
        details = {"export": str(export_id), "format": export.format, "shape": export.shape}
        await audit.put(connection, "export", batch_id, details)
    return export_id


async def _refused(pool: Pool, key: str | None, export: Export) -> Asked:
    """The key was taken at the same moment, or there are too many."""
    async with pool.acquire(timeout=_SECONDS) as connection:
        if key is not None and (known := await _by_key(connection, key, export)) is not None:
            return Asked(known, created=False)
    raise RateLimited(
        f"Too many exports wait: {_MOST_OF_ONE} of one client and {_MOST} of all may. Cancel one, or ask"
        " again when one has ended.",
        {"Retry-After": "30"},
    )


def _fingerprint(export: Export) -> bytes:
    return hashlib.sha256(msgspec.json.encode(export)).digest()


def may_end(job: Job) -> bool:
    """Who asked for it may, and operators."""
    return job.asker == asker() or actor.current().role.may(Role.OPERATOR)


def _check_whose(job: Job) -> None:
    if not may_end(job):
        raise NotAllowed("Another key asked for this export. Ending it needs a key with the role operator.")
