"""The one reader behind all live events: it polls while somebody listens, and tells each what is new."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.gateway.errors import SystemUnavailable
from services.gateway.limited_by import Waiting
from services.gateway.live.history import Fact, History, Part, history_of
from services.gateway.live.listener import Listener, Update, View
from services.gateway.snapshot import Snapshot, read_batches
from shared import metrics
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 0.5
_MOST_LISTENERS = 500
_MOST_BATCHES = 1_000
# A row's time is that of its transaction's begin: it shows within this time, or the transaction was given up.
OVERLAP = timedelta(seconds=60)


class Hub:
    def __init__(self, pool: Pool, waiting: Waiting) -> None:
        self.waiting = waiting
        self._pool = pool
        self._listeners: set[Listener] = set()
        self._known: dict[UUID, View] = {}
        self._since: datetime | None = None

    def refuse_more(self) -> None:
        """Raises SystemUnavailable when as many listen as are served."""
        if len(self._listeners) >= _MOST_LISTENERS:
            raise SystemUnavailable("Too many live streams are open. Poll instead, or come again later.", 30)

    @contextmanager
    def listening(self, batch_id: UUID | None) -> Iterator[Listener]:
        """To one batch, or to all of them."""
        listener = Listener(batch_id)
        self._listeners.add(listener)
        metrics.LIVE_LISTENERS.set(len(self._listeners))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            metrics.LIVE_LISTENERS.set(len(self._listeners))

    async def view(self, batch_id: UUID) -> View:
        return (await self._views([batch_id]))[0]

    async def history(self, batch_id: UUID) -> History:
        return (await self._histories([batch_id]))[batch_id]

    async def changed_since(self, when: datetime) -> dict[UUID, History] | None:
        """The batches that changed since, and some that did not; None if they are too many to tell."""
        rows = await self._pool.fetch(_SQL["lively"], when, _MOST_BATCHES)
        return await self._histories([row["batch_id"] for row in rows]) if len(rows) < _MOST_BATCHES else None

    async def run(self, stop: Stop) -> None:
        """Ends all streams when asked to stop."""
        try:
            while not await stop.wait(_EVERY_SECONDS):
                if self._listeners:
                    await self._try()
                else:
                    self._known, self._since = {}, None
        finally:
            for listener in self._listeners:
                listener.end()

    async def _try(self) -> None:
        try:
            await self._poll()
        except UNAVAILABLE as error:
            log.warning("live events wait", error=type(error).__name__)

    async def _poll(self) -> None:
        listeners = list(self._listeners)
        now: datetime = await self._pool.fetchval("select now()")
        since = self._since or now - OVERLAP
        views = await self._views(await self._wanted(listeners, since))
        news = {view.batch_id: self._update(view, since) for view in views}
        changed = [update for update in news.values() if self._is_new(update)]
        for listener in listeners:
            _tell(listener, [_anew(one, since) for one in news.values()] if listener.fresh else changed)
        self._known, self._since = {view.batch_id: view for view in views}, now - OVERLAP

    async def _wanted(self, listeners: Collection[Listener], since: datetime) -> set[UUID]:
        wanted = {one.batch_id for one in listeners if one.batch_id is not None}
        to_all = [one for one in listeners if one.batch_id is None]
        if to_all:
            rows = await self._pool.fetch(_SQL["lively"], since, _MOST_BATCHES)
            wanted |= {row["batch_id"] for row in rows}
            if len(rows) == _MOST_BATCHES:
                log.warning("too many batches change at once for live events of all")
                for listener in to_all:
                    listener.end()
        return wanted

    def _update(self, view: View, since: datetime) -> Update:
        known = self._known.get(view.batch_id)
        heard = known.history.position if known else view.history.before(since)
        return Update(view, heard, known is None or _counted(known.batch) != _counted(view.batch))

    def _is_new(self, update: Update) -> bool:
        known = self._known.get(update.view.batch_id)
        return (
            known is None
            or known.history != update.view.history
            or _shown(known.batch) != _shown(update.view.batch)
        )

    async def _views(self, ids: Collection[UUID]) -> list[View]:
        """The histories are read last, so that nobody is told of an end by the progress first."""
        batches = {batch.batch_id: batch for batch in await read_batches(self._pool, list(ids))}
        histories = await self._histories(ids)
        return [View(batch_id, batches.get(batch_id), histories[batch_id]) for batch_id in ids]

    async def _histories(self, ids: Collection[UUID]) -> dict[UUID, History]:
        facts: dict[UUID, list[Fact]] = {batch_id: [] for batch_id in ids}
        for batch_id, part, *rest in await self._pool.fetch(_SQL["facts"], list(ids)):
            facts[batch_id].append(Fact(Part(part), *rest))
        return {batch_id: history_of(found) for batch_id, found in facts.items()}


def _tell(listener: Listener, updates: Iterable[Update]) -> None:
    for update in updates:
        if listener.batch_id in (None, update.view.batch_id):
            listener.tell(update)
    listener.fresh = False


def _anew(update: Update, since: datetime) -> Update:
    """For one who listens only now: a change that all others were told of may be news."""
    return Update(update.view, update.view.history.before(since), moved=True)


def _counted(batch: Snapshot | None) -> Any:
    """What makes a progress another one; its rate and its estimate change with every look."""
    return batch and (batch.status, batch.successful, batch.failed, batch.current_chunk, batch.total_urls)


def _shown(batch: Snapshot | None) -> Any:
    """What makes a page another one."""
    return batch and (_counted(batch), batch.version, batch.in_flight, batch.started_at, batch.ended_at)
