"""What the gateway does with a request that changes something: receive, decide, act, acknowledge.

A batch is safe once its blobs are whole and one transaction holds its row and its event in the outbox
(submit.py); a change of it, once state, version and event are committed (change.py). The relay publishes
the outbox afterwards, and ingest finds in Postgres what no event told of.
"""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

from obstore.store import ObjectStore
from starlette.requests import Request

from services.gateway import clone as clones
from services.gateway import fields
from services.gateway.body import body_of, declared_length, within
from services.gateway.change import Changed, change, expire, hold_back
from services.gateway.commands import Command
from services.gateway.dry_run import DryRuns, Preview
from services.gateway.errors import SystemUnavailable
from services.gateway.multipart import UploadForm
from services.gateway.retry import Retried, Which, retry
from services.gateway.settings import GatewaySettings
from services.gateway.snapshot import Snapshot
from services.gateway.status import Status
from services.gateway.submit import Key, NewBatch, Submission, Submitted
from services.gateway.transitions import Action
from services.gateway.upload import Upload, paths_of, too_large
from services.gateway.upload_bench import Bench, Seat
from shared import metrics
from shared.desired import Desired, DesiredMirror, State
from shared.logs import log
from shared.postgres import Pool
from shared.redis import UNAVAILABLE

_FORM_SLACK = 1 << 16
_UPLOAD_SECONDS = 3_600.0
_WAIT_SECONDS = 30.0
# The client's own tries take four times its deadline of 3 s: too long for somebody who pressed pause.
_MIRROR_SECONDS = 5.0
# Each holds up to 30 MB in its process: what is being read, and the parts of its two blobs.
_UPLOADS_AT_ONCE = 4


class Handler:
    """Uploads and control. What it acknowledges is committed."""

    def __init__(
        self,
        settings: GatewaySettings,
        pool: Pool,
        store: ObjectStore,
        mirror: DesiredMirror,
        bench: Bench,
        dry_runs: DryRuns,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._store = store
        self._mirror = mirror
        self._bench = bench
        self._dry_runs = dry_runs
        self._places = asyncio.Semaphore(_UPLOADS_AT_ONCE)

    async def upload(self, request: Request) -> Submitted | Preview:
        """A form with a file becomes a batch: 201 only after its blobs and its row are there for good. A dry
        run leaves nothing, and its Idempotency-Key stays free."""
        key = fields.idempotency_key(request.headers.get("idempotency-key"))
        max_bytes = self._settings.max_upload_mb << 20
        if declared_length(request) > max_bytes + _FORM_SLACK:
            raise too_large(max_bytes)
        form = UploadForm(request.headers.get("content-type", ""))
        await self._take_place()
        try:
            async with self._bench.seat() as seat:
                return await self._store_batch(seat, form, body_of(request), key, max_bytes)
        finally:
            self._places.release()

    async def control(self, batch_id: UUID, command: Command) -> Changed:
        """The change is committed first, then mirrored in Redis, where a pause works at once."""
        if command.action is Action.RETRY:
            return (await self.retry(batch_id, Which())).change
        changed = await change(self._pool, batch_id, command)
        if changed.desired:
            await self._pass_on(batch_id, changed.desired, changed.after)
        return changed

    async def retry(self, batch_id: UUID, which: Which) -> Retried:
        """Failed rows are tried again in a new run."""
        retried = await retry(self._pool, batch_id, which)
        await self._pass_on(batch_id, retried.batch.wanted, retried.batch.status)
        return retried

    async def clone(self, source_id: UUID, wanted: clones.Wanted) -> Snapshot:
        """A new batch of another's rows. The mirror's keeper makes up for a Redis that is away."""
        made = await clones.clone(self._pool, self._store, source_id, wanted)
        metrics.ROWS_ACCEPTED.inc(made.total_urls)
        await self._mirrored(made.batch_id, made.wanted)
        log.info("batch cloned", batch=str(made.batch_id), source=str(source_id), rows=made.total_urls)
        return made

    async def expire(self, batch_id: UUID) -> bool:
        """Deletes a soft-deleted batch whose retention is over; false for one that was restored meanwhile."""
        desired = await expire(self._pool, batch_id)
        if desired is not None:
            await self._mirrored(batch_id, desired)
        return desired is not None

    async def hold_back(self, batch_id: UUID) -> bool:
        """Pauses a batch that can't go on under its max_cost; false when that is not so any more."""
        changed = await hold_back(self._pool, batch_id)
        if changed is not None and changed.desired is not None:
            await self._mirrored(batch_id, changed.desired)
        return changed is not None

    async def _pass_on(self, batch_id: UUID, desired: Desired, status: Status | State) -> None:
        if not await self._mirrored(batch_id, desired):
            raise SystemUnavailable(
                f"The change is stored ({status}), but Redis does not answer, so it is not"
                " passed on yet. Without Redis no picture is analysed; it takes effect when Redis is back."
            )

    async def _store_batch(
        self, seat: Seat, form: UploadForm, body: AsyncIterator[bytes], key: str | None, max_bytes: int
    ) -> Submitted | Preview:
        batch_id = uuid4()
        upload = Upload(seat, self._store, self._settings.blobs, paths_of(batch_id), max_bytes)
        try:
            async with within(_UPLOAD_SECONDS):
                summary = await upload.receive(form, body)
            wanted = self._wanted(form)
            fields.refuse_tiny_chunks(summary.total_rows, wanted.chunk_size)
            if wanted.dry_run:
                preview = await self._dry_runs.preview(upload.path, summary, wanted)
                await upload.discard()
                return preview
            batch = NewBatch(batch_id, wanted, summary, paths_of(batch_id))
            print_of = fields.fingerprint(summary.sha256, form.fields)
        except BaseException:
            await asyncio.shield(upload.discard())
            raise
        submission = Submission(self._pool, batch, Key(key, print_of) if key else None)
        try:
            submitted = await submission.submit()
        except BaseException:
            # A commit whose answer is lost may have happened: then the blobs stay, or a batch had no file.
            if not submission.may_be_committed:
                await asyncio.shield(upload.discard())
            raise
        if submitted.created:
            await self._accepted(batch)
        else:
            await upload.discard()
        return submitted

    async def _accepted(self, batch: NewBatch) -> None:
        metrics.ROWS_ACCEPTED.inc(batch.summary.total_rows)
        await self._mirrored(batch.batch_id, batch.desired)
        log.info("batch accepted", batch=str(batch.batch_id), rows=batch.summary.total_rows)

    def _wanted(self, form: UploadForm) -> fields.Wanted:
        defaults = self._settings.chunk_size, self._settings.default_region
        return fields.wanted_of(form.fields, form.filename or "", *defaults)

    async def _mirrored(self, batch_id: UUID, desired: Desired) -> bool:
        """False when Redis is away: the mirror's keeper repeats it (mirror.py)."""
        try:
            async with asyncio.timeout(_MIRROR_SECONDS):
                await self._mirror.write(batch_id, desired)
        except UNAVAILABLE as error:
            log.warning("mirror not written", batch=str(batch_id), error=type(error).__name__)
            return False
        return True

    async def _take_place(self) -> None:
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise SystemUnavailable("Too many uploads at once. Send it again in a minute.", 60) from error
