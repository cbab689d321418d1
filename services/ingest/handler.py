"""The way of a slice out: hear what came back, decide who may hand out how many, cut, send, book.

`receive` is told of every event; `turn` runs whenever window space or work may have come. Slices are
produced before they are booked (rule 4): a crash in between sends one again, and never loses one.
Beside it the overseer reads every second what users want and which batches are this member's, and the
sweeper strikes out slices whose rows are stored and finds those of which nothing will come (rule 1).
"""

import time
from collections.abc import Iterable
from uuid import UUID

from obstore.store import ObjectStore

from services.ingest.again import Again, picked
from services.ingest.batch import Batch
from services.ingest.book import Book
from services.ingest.copier import Copier
from services.ingest.cutting import Unreadable, rows_of
from services.ingest.desk import Desk
from services.ingest.dispatcher import Dispatcher, Order
from services.ingest.tape import Away, Missing, read_range
from services.ingest.timing import Timing
from services.ingest.window import share_out
from shared import metrics
from shared.events import BatchEvent, BatchSubmitted, Event, SliceFinished, SliceReleased
from shared.logs import log

_REST_SECONDS = 3.0
# About 200 MB of a file on a local disk.
_SKIP_SECONDS = 0.25
_GONE = "The stored rows of this batch are gone."


class Handler:
    def __init__(
        self,
        desk: Desk,
        book: Book,
        dispatcher: Dispatcher,
        copier: Copier,
        store: ObjectStore,
        timing: Timing,
    ) -> None:
        self._desk = desk
        self._book = book
        self._dispatcher = dispatcher
        self._copier = copier
        self._store = store
        self._timing = timing

    def receive(self, event: Event) -> None:
        """A hint: it says where to look, never what is true."""
        match event:
            case SliceFinished() | SliceReleased():
                self._came_back(event)
            case BatchEvent():
                self._desk.announced |= isinstance(event, BatchSubmitted) or event.run > 1
                self._desk.news.ring()

    async def turn(self) -> None:
        """Decide, cut, send, book. What is not both sent and booked is claimed again from the book."""
        orders: list[Order] = []
        settled: set[UUID] = set()
        try:
            await self._decide(orders)
            if orders:
                copied = [order for order in orders if await self._copier.copy(order)]
                await self._dispatcher.send([order for order in orders if order not in copied])
                settled = await self._book_all(orders)
                self._finish(copied)
        finally:
            self._desk.forget({order.entry.batch_id for order in orders} - settled)

    async def _book_all(self, orders: list[Order]) -> set[UUID]:
        """Acknowledges a turn; a batch that another member claimed meanwhile is not among those returned."""
        epochs = {order.entry.batch_id: order.batch.facts.epoch for order in orders}
        settled = await self._book.book([order.entry for order in orders], epochs)
        for order in orders:
            order.entry.booked = True
        return settled

    def _finish(self, copied: Iterable[Order]) -> None:
        """Nobody will report these. They do not count for the pace: few go in a turn, and the other batches
        get theirs."""
        for batch, entry, _ in copied:
            batch.open_slices.finish(entry.piece.first_row, entry.dispatch, entry.worker, time.monotonic())
            self._desk.space.ring()

    def _came_back(self, event: SliceFinished | SliceReleased) -> None:
        batch = self._desk.batches.get(event.batch_id)
        if batch is None or event.run != batch.facts.run:
            return
        now = time.monotonic()
        if isinstance(event, SliceReleased):
            batch.open_slices.release(event.first_row, event.dispatch, event.worker, now)
        else:
            took = batch.open_slices.finish(event.first_row, event.dispatch, event.worker, now)
            if took is not None:
                batch.pace.finished(now, took)
        self._desk.space.ring()

    async def _decide(self, orders: list[Order]) -> None:
        """Adds what each batch may hand out now."""
        now = time.monotonic()
        batches = list(self._desk.batches.values())
        grants = share_out(self._desk.room, [batch.demand(now, self._timing) for batch in batches])
        metrics.SLICES_OUTSTANDING.set(sum(len(batch.open_slices.out) for batch in batches))
        for batch, grant in zip(batches, grants, strict=True):
            if grant > 0:
                await self._cut(batch, grant, orders)

    async def _cut(self, batch: Batch, grant: int, orders: list[Order]) -> None:
        """Adds up to `grant` slices of a batch, those that came back first."""
        most = len(orders) + grant
        try:
            await self._take_again(batch, most, orders)
            if batch.again is None:
                await self._take_new(batch, most, orders)
            else:
                await self._take_wanted(batch, batch.again, most, orders)
            batch.found()
        except Away as error:
            self._rest(batch, "blob store is away", str(error))
        except Missing as error:
            if batch.gone(time.monotonic(), self._timing):
                await self._give_up(batch, _GONE, orders)
            else:
                self._rest(batch, "the blob store does not find a batch's rows", str(error))
        except Unreadable as error:
            await self._give_up(batch, str(error), orders)

    def _rest(self, batch: Batch, what: str, detail: str) -> None:
        log.warning(what, batch=str(batch.facts.batch_id), detail=detail)
        batch.rests_until = time.monotonic() + _REST_SECONDS

    async def _give_up(self, batch: Batch, reason: str, orders: list[Order]) -> None:
        log.error("batch cannot go on", batch=str(batch.facts.batch_id), reason=reason)
        orders[:] = [order for order in orders if order.batch is not batch]
        self._desk.forget([batch.facts.batch_id])
        await self._book.fail(batch.facts, reason)

    async def _take_again(self, batch: Batch, most: int, orders: list[Order]) -> None:
        now = time.monotonic()
        for entry in batch.open_slices.resendable(batch.version, now, self._timing)[: most - len(orders)]:
            piece = entry.piece
            raw = await read_range(self._store, batch.facts.rows_path, piece.first_byte, piece.end_byte)
            rows = rows_of(raw, piece)
            if batch.again is not None:
                wanted = await self._book.rows_wanted(batch.facts.batch_id, piece.first_row, piece.last_row)
                rows = picked(rows, wanted)
            if rows:
                orders.append(Order(batch, batch.resend(entry, now), rows))
            else:
                await self._book.evidence([entry], self._desk.epochs)
                batch.open_slices.drop(entry)

    async def _take_wanted(self, batch: Batch, again: Again, most: int, orders: list[Order]) -> None:
        """Of a later run. What lies between is skipped for a while, so that other batches get their turn."""
        until = time.monotonic() + _SKIP_SECONDS
        while len(orders) < most and batch.tape.rows_left > 0:
            if time.monotonic() > until:
                self._desk.space.ring()
                return
            if not await again.seek(batch.tape):
                continue
            if not batch.affordable:
                return
            if taken := batch.tape.take():
                piece, raw = taken
                if rows := again.pick(piece, raw):
                    orders.append(Order(batch, batch.send(piece, time.monotonic()), rows))

    async def _take_new(self, batch: Batch, most: int, orders: list[Order]) -> None:
        if len(orders) < most:
            await batch.tape.read_ahead()
        while len(orders) < most and batch.affordable and (taken := batch.tape.take()):
            piece, raw = taken
            rows = rows_of(raw, piece)
            orders.append(Order(batch, batch.send(piece, time.monotonic()), rows))
