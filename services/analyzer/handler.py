"""The way of a slice: take it, look its images up, fetch and call for the rest, publish a result
for each row, then the slice's outcome: finished, or released where its batch does not run (rule 4).

A slice is done when `handle` returns; the intake acknowledges the contiguous prefix of what is done.
Who calls for an image, and whether it may: images.py (leases), calls.py (packing), permits.py.
"""

import asyncio
import time
from datetime import UTC, datetime

from structlog.contextvars import bound_contextvars

from services.analyzer import results
from services.analyzer.cache import ImageCache
from services.analyzer.entries import Entry, Fresh
from services.analyzer.gate import Gate
from services.analyzer.images import Images
from services.analyzer.pending import Failed, Mark, NotRunning, Wanted
from services.analyzer.places import Places
from services.analyzer.posting import Posting
from services.analyzer.states import States
from services.analyzer.takes import SUSPICIOUS, Takes
from shared import metrics
from shared.error_classes import ErrorClass
from shared.events import SliceDispatched, SliceFinished, SliceReleased, SliceRow
from shared.kafka import Producer
from shared.logs import log
from shared.redis import UNAVAILABLE
from shared.stopping import Stop
from shared.topics import OUTCOMES

_RETRY_SECONDS = 0.5
_CONDEMNED = Failed(ErrorClass.CRASHED, "Decoding this picture ended the process three times.")


class SliceHandler:
    """`at_work` slices of those in hand are worked on at a time."""

    def __init__(
        self,
        cache: ImageCache,
        images: Images,
        takes: Takes,
        states: States,
        producer: Producer,
        instance: str,
        stop: Stop,
        at_work: int,
    ) -> None:
        self._cache = cache
        self._images = images
        self._takes = takes
        self._states = states
        self._producer = producer
        self._instance = instance
        self._stop = stop
        self._gate = Gate()
        self._places = Places(at_work)
        # A slice can be in hand twice: dispatched again, or read again after a rebalance.
        self.in_hand: list[SliceDispatched] = []

    async def handle(self, work: SliceDispatched) -> None:
        with bound_contextvars(batch=work.batch_id, chunk=work.chunk_no, slice=work.slice_id):
            self.in_hand.append(work)
            metrics.SLICES_IN_FLIGHT.set(len(self.in_hand))
            try:
                async with self._places.place(work.batch_id, work.weight):
                    finished = await self._take(work)
                await self._tell(work, finished)
            finally:
                self.in_hand.remove(work)
                metrics.SLICES_IN_FLIGHT.set(len(self.in_hand))

    async def _take(self, work: SliceDispatched) -> bool:
        """True when every row has its result; False when the slice is given back."""
        taken = 0
        while not self._stop.asked:
            try:
                taken = taken or await self._takes.begin(work.slice_id)
                finished = await (self._together(work) if taken < SUSPICIOUS else self._one_by_one(work))
                await self._takes.end(work.slice_id)
                return finished
            except UNAVAILABLE as error:
                log.warning("slice waits for Redis", error=type(error).__name__)
                await self._stop.wait(_RETRY_SECONDS)
        return False

    async def _together(self, work: SliceDispatched) -> bool:
        """A batch that stops gives back its rows that are in no call; the others are answered and sent."""
        posting = Posting(self._producer, work)
        async with self._gate.beside():
            found = await self._cache.look_up([row.url for row in work.rows if row.unreadable is None])
            fresh = _fresh(work)
            known = {url: entry for url, entry in found.items() if fresh is None or fresh.accepts(entry)}
            metrics.CACHE.labels("hit").inc(len(known))
            metrics.CACHE.labels("miss").inc(len(work.rows) - len(known))
            rows = [
                asyncio.create_task(self._row(posting, work, row, known.get(row.url))) for row in work.rows
            ]
            ended = await asyncio.gather(*rows, return_exceptions=True)
        await posting.settled()
        for error in ended:
            if error is not None and not isinstance(error, NotRunning):
                raise error
        return not any(ended)

    async def _one_by_one(self, work: SliceDispatched) -> bool:
        """This slice was taken by processes that died (rule 6): find the row that does it."""
        log.warning("suspicious slice runs alone")
        posting = Posting(self._producer, work)
        async with self._gate.alone():
            for row in work.rows:
                if await self._takes.guilty(work.slice_id, row.row_no):
                    posting.put(results.failed(work, row, _CONDEMNED, seconds=0.0, worker=self._instance))
                else:
                    try:
                        await self._watched(posting, work, row)
                    except NotRunning:
                        return False
                await posting.settled()
        return True

    async def _watched(self, posting: Posting, work: SliceDispatched, row: SliceRow) -> None:
        """A marker stands in Redis while the row's answer is decoded, and only then. It stays when the
        process dies of it, by a signal or by an error that nobody foresaw."""
        marked = False

        async def mark() -> None:
            nonlocal marked
            if not marked:
                marked = True
                await self._takes.mark(work.slice_id, row.row_no, +1)

        async def unmark() -> None:
            if marked:
                await self._takes.mark(work.slice_id, row.row_no, -1)

        try:
            await self._row(posting, work, row, None, mark)
        except (NotRunning, *UNAVAILABLE):
            await unmark()
            raise
        await unmark()

    async def _row(
        self,
        posting: Posting,
        work: SliceDispatched,
        row: SliceRow,
        known: Entry | None,
        mark: Mark | None = None,
    ) -> None:
        """Posts the row's result. Raises NotRunning."""
        began = time.monotonic()
        try:
            entry = known or await self._find(work, row, mark)
            if mark is not None:
                await mark()
        except Failed as why:
            event = results.failed(work, row, why, seconds=time.monotonic() - began, worker=self._instance)
        else:
            event = results.succeeded(
                work, row, entry, seconds=time.monotonic() - began, worker=self._instance
            )
        posting.put(event)

    async def _find(self, work: SliceDispatched, row: SliceRow, mark: Mark | None) -> Entry:
        """Again while the batch runs: another batch's pause must not fail this one's row."""
        if row.unreadable is not None:
            raise Failed(ErrorClass.UNREADABLE_ROW, row.unreadable)
        origin = results.origin(work, row)
        wanted = Wanted(row.url, work.batch_id, work.version, work.weight, origin, mark, _fresh(work))
        while True:
            try:
                return await self._images.get(wanted)
            except NotRunning:
                if self._stop.asked or await self._states.not_running([work.batch_id]):
                    raise

    async def _tell(self, work: SliceDispatched, finished: bool) -> None:
        outcome = (SliceFinished if finished else SliceReleased)(
            batch_id=work.batch_id,
            at=datetime.now(UTC),
            slice_id=work.slice_id,
            first_row=work.first_row or work.rows[0].row_no,
            dispatch=work.dispatch,
            run=work.run,
            worker=self._instance,
        )
        await (await self._producer.send(OUTCOMES, str(work.batch_id).encode(), outcome))


def _fresh(work: SliceDispatched) -> Fresh | None:
    return Fresh(work.fresh_since.timestamp(), work.batch_id) if work.fresh_since else None
