"""Makes one export: it writes while its lease is renewed, and what comes of it is one change of its row."""

import asyncio
import time
from contextlib import suppress

from obstore.store import ObjectStore

from services.exporter.export.copying import Source, Tally
from services.exporter.export.plan import at_most
from services.exporter.export.rendering import Rendering, rendering
from services.exporter.jobs.blob import writing
from services.exporter.jobs.desk import LEASE_SECONDS, Claim, Desk, Made, Planned
from services.exporter.jobs.verdict import of_deaths, verdict_of
from shared import metrics
from shared.blobs import remove_file
from shared.exporting import Export, blob_of
from shared.logs import log
from shared.postgres import UNAVAILABLE

_BEAT_SECONDS = 2.0


class Maker:
    def __init__(
        self, desk: Desk, source: Source, store: ObjectStore, beat_seconds: float = _BEAT_SECONDS
    ) -> None:
        self._desk = desk
        self._source = source
        self._store = store
        self._beat_seconds = beat_seconds

    async def make(self, claim: Claim) -> None:
        """Until it is completed, failed, given back, or another's. Cancelled, it gives the export back."""
        if (failed := of_deaths(claim.failures)) is not None:
            await self._desk.settle(claim, claim.failures, failed)
            return
        try:
            await self._attempt(claim)
        except asyncio.CancelledError:
            with suppress(*UNAVAILABLE):
                await self._desk.give_back(claim)
            raise
        except Exception as error:  # noqa: BLE001  # the end of this attempt: its row says so
            log.warning("export broke off", export=str(claim.export_id), exc_info=True)
            failures = claim.failures + 1
            await self._desk.settle(claim, failures, verdict_of(error, failures))

    async def _attempt(self, claim: Claim) -> None:
        await asyncio.to_thread(self._remove_earlier, claim)
        export = claim.export
        attempt = _Attempt(self._desk, self._source, self._store, claim, export)
        task = asyncio.create_task(attempt.run())
        try:
            if not await self._attend(claim, attempt, task):
                await self._leave(claim)
                return
        finally:
            task.cancel()
            await asyncio.wait({task})
        if not await self._desk.complete(claim, task.result()):
            await self._leave(claim)
            return
        metrics.EXPORTS.labels(export.format).inc()
        metrics.EXPORT_JOB_BYTES.inc(task.result().size)
        log.info("export completed", export=str(claim.export_id), bytes=task.result().size)

    def _remove_earlier(self, claim: Claim) -> None:
        """What earlier attempts left. Not the folder: who comes late to its own attempt would take away the
        file that a later one has completed."""
        for fence in range(1, claim.fence):
            remove_file(self._store, blob_of(claim.export_id, fence))

    async def _leave(self, claim: Claim) -> None:
        """It is another's, or nobody wants it."""
        log.info("export left", export=str(claim.export_id), fence=claim.fence)
        await asyncio.to_thread(remove_file, self._store, blob_of(claim.export_id, claim.fence))
        await self._desk.give_back(claim)

    async def _attend(self, claim: Claim, attempt: "_Attempt", task: "asyncio.Task[Made]") -> bool:
        """Until the task is done; false when the lease is lost."""
        until = time.monotonic() + LEASE_SECONDS
        while not (await asyncio.wait({task}, timeout=self._beat_seconds))[0]:
            began = time.monotonic()
            try:
                if not await self._desk.renew(claim, attempt.tally, attempt.size):
                    return False
                until = began + LEASE_SECONDS
            except UNAVAILABLE:
                if time.monotonic() > until:
                    return False
        return True


class _Attempt:
    """One attempt's work; `tally` and `size` say how far it is."""

    def __init__(self, desk: Desk, source: Source, store: ObjectStore, claim: Claim, export: Export) -> None:
        self._desk = desk
        self._store = store
        self._claim = claim
        self._export = export
        self.tally = Tally()
        self.size = 0
        self._source = source._replace(tally=self.tally)

    async def run(self) -> Made:
        claim = self._claim
        async with rendering(self._source, self._export) as rendered:
            await self._desk.planned(claim, self._planned(rendered))
            async with writing(self._store, blob_of(claim.export_id, claim.fence)) as blob:
                async for piece in rendered.pieces:
                    await blob.put(piece)
                    self.size = blob.size
        return Made(self.tally.rows, blob.size, blob.sha256)

    def _planned(self, rendered: Rendering) -> Planned:
        batches = self.tally.plan.batches if self.tally.plan else []
        rows = at_most(batches, self._export.filters)
        most = rows if self._export.limit is None else min(rows, self._export.limit)
        return Planned(rendered.file, rendered.media_type, [batch.batch_id for batch in batches], most)
