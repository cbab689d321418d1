"""The sweep over open slices: rows are the evidence, and what is lost is sent again (rule 1)."""

import time

from services.ingest import doubts
from services.ingest.book import Book
from services.ingest.desk import Desk
from services.ingest.doubts import Fate, Mark
from services.ingest.kafka_logs import KafkaLogs
from services.ingest.open_slices import Entry, OpenSlices
from services.ingest.timing import Timing
from shared.logs import log


class Sweeper:
    def __init__(self, desk: Desk, book: Book, logs: KafkaLogs, timing: Timing) -> None:
        self._desk = desk
        self._book = book
        self._logs = logs
        self._timing = timing
        self._mark: Mark | None = None

    async def sweep(self) -> None:
        now = time.monotonic()
        await self._strike(doubts.to_ask(self._desk.open_slices, now, self._timing))
        await self._write_down()
        await self._doubt_silent(now)
        await self._doubt_finished(now)
        await self._lose_asked()
        self._desk.space.ring()

    async def _strike(self, asked: list[Entry]) -> None:
        """Slices whose rows are all there are done, whatever was heard of them."""
        epochs = self._desk.epochs
        complete = await self._book.evidence([e for e in asked if e.batch_id in epochs], epochs)
        now = time.monotonic()
        for entry in asked:
            entry.asked = now
            batch = self._desk.batches.get(entry.batch_id)
            if batch and (entry.batch_id, entry.piece.first_row) in complete:
                batch.open_slices.drop(entry)
                if not batch.affordable:
                    self._desk.news.ring()  # what it spent is known now

    async def _write_down(self) -> None:
        """What outcomes said, for a later owner; most slices are struck out before."""
        heard = [
            (entry, finished)
            for each in self._desk.open_slices
            for shelf, finished in ((each.done, True), (each.back, False))
            for entry in shelf.values()
            if entry.booked and not entry.marked
        ]
        await self._book.mark(heard, self._desk.epochs)
        for entry, _ in heard:
            entry.marked = True

    async def _doubt_silent(self, now: float) -> None:
        """Nothing was heard of them: is their record still to be read?"""
        silent = doubts.overdue(self._desk.open_slices, now, self._timing)
        if not silent:
            return
        slices = await self._logs.slices()
        for open_slices, entry in silent:
            match doubts.fate(entry, slices):
                case Fate.ANSWERED:
                    open_slices.finish(entry.piece.first_row, entry.dispatch, entry.worker, time.monotonic())
                case Fate.GONE:
                    self._lose(open_slices, entry, "its record is gone")
                case Fate.WAITING:
                    pass

    async def _doubt_finished(self, now: float) -> None:
        """Their rows did not come: has the exporter read past where they must have been?"""
        unproven = doubts.missing(self._desk.open_slices, now, self._timing)
        if not unproven:
            self._mark = None
        elif self._mark is None:
            self._mark = await self._logs.mark()
        elif doubts.passed(self._mark, await self._logs.results()):
            suspects = [
                (open_slices, entry) for open_slices, entry in unproven if entry.since <= self._mark.at
            ]
            self._mark = None
            await self._strike([entry for _, entry in suspects])
            for open_slices, entry in suspects:
                self._lose(open_slices, entry, "its results are gone")

    async def _lose_asked(self) -> None:
        """An operator knows better: whatever was thought of them, they are handed out again."""
        for batch_id, first_row, dispatch in await self._book.asked_again(self._desk.batches.keys()):
            batch = self._desk.batches.get(batch_id)
            entry = batch.open_slices.find(first_row, dispatch) if batch else None
            if batch and entry:
                self._lose(batch.open_slices, entry, "an operator asked for it")

    def _lose(self, open_slices: OpenSlices, entry: Entry, why: str) -> None:
        if open_slices.lose(entry, time.monotonic()):
            log.warning(
                "slice is sent again",
                batch=str(entry.batch_id),
                first_row=entry.piece.first_row,
                dispatch=entry.dispatch,
                why=why,
            )
