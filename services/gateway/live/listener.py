"""One who listens: what it was not given yet, bounded."""

import asyncio
from typing import NamedTuple
from uuid import UUID

from services.gateway.live.history import History, Position
from services.gateway.snapshot import Snapshot

_MOST_BATCHES = 1_000


class View(NamedTuple):
    """A batch as of now; `batch` is None for one that was deleted."""

    batch_id: UUID
    batch: Snapshot | None
    history: History


class Update(NamedTuple):
    """`heard`: what all were told of before; `moved`: rows have come since."""

    view: View
    heard: Position
    moved: bool

    def over(self, older: "Update") -> "Update":
        return Update(self.view, older.heard, older.moved or self.moved)


class Listener:
    """To one batch, or to all (`batch_id` None). Newer news of a batch take the place of those that were not
    taken yet: a slow listener misses steps of the progress and no change of state."""

    def __init__(self, batch_id: UUID | None) -> None:
        self.batch_id = batch_id
        self.fresh = True
        self.over = False
        self._news: dict[UUID, Update] = {}
        self._woken = asyncio.Event()
        self._woken.set()

    def tell(self, update: Update) -> None:
        batch_id = update.view.batch_id
        older = self._news.get(batch_id)
        if older is None and len(self._news) >= _MOST_BATCHES:
            self.end()
            return
        self._news[batch_id] = update.over(older) if older else update
        self._woken.set()

    def end(self) -> None:
        """No more news come: the stream ends, and its reader may come again."""
        self.over = True
        self._woken.set()

    async def news(self, seconds: float) -> list[Update]:
        """Waits for some; none the first time, after `seconds`, or at the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return []
        self._woken.clear()
        taken, self._news = self._news, {}
        return list(taken.values())
