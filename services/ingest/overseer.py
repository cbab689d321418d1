"""Looks at what users want, and keeps the desk in step: claims, starts and closes batches."""

import time
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import msgspec
from obstore.store import ObjectStore

from services.ingest.again import Again
from services.ingest.batch import Batch, Facts, Look
from services.ingest.book import Book
from services.ingest.cutting import Cursor, Shape
from services.ingest.desk import Desk
from services.ingest.open_slices import OpenSlices
from services.ingest.ownership import Ownership
from services.ingest.tape import Tape
from services.ingest.timing import Timing
from services.ingest.window import room_share
from shared import metrics
from shared.limited_by import LimitedBy, Limits
from shared.logs import log
from shared.redis import UNAVAILABLE
from shared.room import Room

_WARN_SECONDS = 60.0
# The names of the columns travel with every slice: they and the widest row must fit into one event.
_MAX_COLUMN_BYTES = 512 * 1024


class Overseer:
    """`most_running` is the whole system's MAX_CONCURRENT_BATCHES."""

    def __init__(
        self,
        desk: Desk,
        book: Book,
        ownership: Ownership,
        room: Room,
        limits: Limits,
        store: ObjectStore,
        most_running: int,
        timing: Timing,
    ) -> None:
        self._desk = desk
        self._book = book
        self._ownership = ownership
        self._room = room
        self._limits = limits
        self._store = store
        self._most_running = most_running
        self._timing = timing
        self._adopted_at = float("-inf")
        self._warned_at = float("-inf")

    async def look(self) -> None:
        """Everything is found in Postgres: at once on a hint, and every second without any."""
        await self._adopt()
        settled = {batch_id: batch.settled for batch_id, batch in self._desk.batches.items()}
        looks = {look.batch_id: look for look in await self._book.look()}
        await self._keep_mine(looks, settled)
        await self._book.run_short(batch for batch in self._desk.batches.values() if batch.short)
        await self._start()
        await self._share_room(looks.values())
        self._desk.space.ring()

    async def _adopt(self) -> None:
        now = time.monotonic()
        if self._desk.announced or now - self._adopted_at >= self._timing.adopt:
            self._desk.announced = False
            await self._book.adopt()
            self._adopted_at = now

    async def _keep_mine(self, looks: Mapping[UUID, Look], settled: Mapping[UUID, int]) -> None:
        """A batch that is held, or was paused before it started, needs no place on the desk yet."""
        mine = {batch_id for batch_id in looks if self._ownership.mine(batch_id)}
        over = {batch_id for batch_id in mine if looks[batch_id].over}
        if over:
            await self._book.close(looks[batch_id] for batch_id in over)
        wanted = {i for i in mine - over if looks[i].started or looks[i].running}
        self._desk.forget(
            batch_id
            for batch_id, batch in self._desk.batches.items()
            if batch_id not in wanted or looks[batch_id].run != batch.facts.run
        )
        await self._claim(wanted - self._desk.batches.keys())
        for batch_id, batch in self._desk.batches.items():
            batch.looked(looks[batch_id], settled.get(batch_id))
            if batch_id not in settled and looks[batch_id].max_cost is not None:
                self._desk.news.ring()  # the next look is the first that tells what it may spend

    async def _claim(self, batch_ids: Collection[UUID]) -> None:
        if not batch_ids:
            return
        claimed = {facts.batch_id: (facts, cursor) for facts, cursor in await self._book.claim(batch_ids)}
        open_slices = {batch_id: OpenSlices() for batch_id in claimed}
        for entry, shelf in await self._book.open_slices(claimed.keys(), time.monotonic()):
            open_slices[entry.batch_id].put(entry, shelf)
        for batch_id, (facts, cursor) in claimed.items():
            batch = self._batch(facts, cursor, open_slices[batch_id])
            log.info("owns batch", batch=str(batch_id), epoch=facts.epoch, next_row=cursor.row)
            if len(msgspec.json.encode(facts.columns)) > _MAX_COLUMN_BYTES:
                await self._book.fail(facts, "The names of the upload's columns are too long to process.")
            else:
                self._desk.put(batch)

    def _batch(self, facts: Facts, cursor: Cursor, open_slices: OpenSlices) -> Batch:
        shape = Shape(facts.total_urls, facts.chunk_size)
        again = Again(self._book, facts) if facts.run > 1 else None
        return Batch(facts, Tape(self._store, facts.rows_path, shape, cursor), open_slices, again)

    async def _start(self) -> None:
        waiting = {
            batch_id: batch.facts.epoch
            for batch_id, batch in self._desk.batches.items()
            if batch.look and batch.look.running and not batch.look.started
        }
        if not waiting:
            return
        for batch_id in await self._book.start(waiting, self._most_running):
            log.info("batch started", batch=str(batch_id))
            batch = self._desk.batches.get(batch_id)
            if batch and batch.look:
                batch.look = msgspec.structs.replace(batch.look, started=True)

    async def _share_room(self, looks: Iterable[Look]) -> None:
        """While Redis is away the last word counts: nothing is called then anyway."""
        try:
            room, waits = await self._room.total(), await self._limits.read()
        except UNAVAILABLE as error:
            log.warning("room is not known", error=type(error).__name__)
            return
        mine = [batch for batch in self._desk.batches.values() if batch.running]
        for batch in mine:
            batch.held_up = waits.of(batch.facts.batch_id) is LimitedBy.HOSTS
        others = sum(
            look.weight for look in looks if look.has_work and look.batch_id not in self._desk.batches
        )
        weights = sum(batch.weight for batch in mine)
        self._desk.room = room_share(room, weights, weights + others)
        self._warn_of_nobody(room, any(batch.look and batch.look.has_work for batch in mine))
        metrics.BATCHES_RUNNING.set(len(mine))

    def _warn_of_nobody(self, room: int, work: bool) -> None:
        now = time.monotonic()
        if work and room == 0 and now - self._warned_at >= _WARN_SECONDS:
            self._warned_at = now
            log.warning("work waits, and no analyzer says that it has room")
