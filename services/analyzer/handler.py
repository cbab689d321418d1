"""The way of a slice: take it, look its images up, fetch and call for the rest, publish a result
for each row, then the slice's outcome: finished, or released where its batch does not run (rule 4).

A slice is done when `handle` returns; the intake acknowledges the contiguous prefix of what is done.
Who calls for an image, and whether it may: images.py (leases), calls.py (packing), permits.py.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from structlog.contextvars import bound_contextvars

from services.analyzer import results
from services.analyzer.cache import ImageCache
from services.analyzer.entries import Entry, Fresh
from services.analyzer.images import Images
from services.analyzer.pending import Failed, NotRunning, Wanted
from services.analyzer.places import Places
from services.analyzer.posting import Posting
from services.analyzer.states import States
from services.analyzer.suspects import Marks, Suspect
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
_CONDEMNED = "Decoding this picture ended the process again and again."


class SliceHandler:
    """`at_work` slices of those in hand are worked on at a time."""

    def __init__(
        self,
        cache: ImageCache,
        images: Images,
        takes: Takes,
        marks: Marks,
        states: States,
        producer: Producer,
        instance: str,
        stop: Stop,
        at_work: int,
    ) -> None:
        self._cache = cache
        self._images = images
        self._takes = takes
        self._marks = marks
        self._states = states
        self._producer = producer
        self._instance = instance
        self._stop = stop
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
                finished = await self._work(work, await self._suspects(work, taken))
                await self._takes.end(work.slice_id)
                return finished
            except UNAVAILABLE as error:
                log.warning("slice waits for Redis", error=type(error).__name__)
                await self._stop.wait(_RETRY_SECONDS)
        return False

    async def _suspects(self, work: SliceDispatched, taken: int) -> Mapping[int, Suspect]:
        """By row number: none, unless processes that took this slice died (rule 6)."""
        if taken < SUSPICIOUS:
            return {}
        log.warning("the rows of a slice are suspects", takes=taken)
        return await self._marks.suspects(work.slice_id, [row.row_no for row in work.rows])

    async def _work(self, work: SliceDispatched, suspects: Mapping[int, Suspect]) -> bool:
        """A batch that stops gives back its rows that are in no call; the others are answered and sent."""
        posting = Posting(self._producer, work)
        found = await self._cache.look_up([row.url for row in work.rows if row.unreadable is None])
        fresh = _fresh(work)
        known = {url: entry for url, entry in found.items() if fresh is None or fresh.accepts(entry)}
        metrics.CACHE.labels("hit").inc(len(known))
        metrics.CACHE.labels("miss").inc(len(work.rows) - len(known))
        rows = [
            asyncio.create_task(self._row(posting, work, row, known.get(row.url), suspects.get(row.row_no)))
            for row in work.rows
        ]
        ended = await asyncio.gather(*rows, return_exceptions=True)
        await posting.settled()
        for error in ended:
            if error is not None and not isinstance(error, NotRunning):
                raise error
        return not any(ended)

    async def _row(
        self,
        posting: Posting,
        work: SliceDispatched,
        row: SliceRow,
        known: Entry | None,
        suspect: Suspect | None,
    ) -> None:
        """Posts the row's result. Raises NotRunning."""
        began = time.monotonic()
        try:
            if suspect is not None and suspect.guilty:
                raise Failed(ErrorClass.CRASHED, _CONDEMNED)
            entry = known or await self._find(work, row, suspect)
            seconds = time.monotonic() - began
            read = partial(results.succeeded, work, row, entry, seconds=seconds, worker=self._instance)
            event = read() if suspect is None else await suspect.reading(read)
        except Failed as why:
            event = results.failed(work, row, why, seconds=time.monotonic() - began, worker=self._instance)
        posting.put(event)

    async def _find(self, work: SliceDispatched, row: SliceRow, suspect: Suspect | None) -> Entry:
        """Again while the batch runs: another batch's pause must not fail this one's row."""
        if row.unreadable is not None:
            raise Failed(ErrorClass.UNREADABLE_ROW, row.unreadable)
        origin = results.origin(work, row)
        wanted = Wanted(row.url, work.batch_id, work.version, work.weight, origin, suspect, _fresh(work))
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
