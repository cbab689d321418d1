"""Which of the slices in hand are worked on: so many at a time, in order, fairly over the batches. One of a
batch that comes anew begins in any case: it must not wait behind those of a huge one that wait for quota."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

# Who had none at work for so long comes anew.
_FORGOTTEN_SECONDS = 60.0


class _Asked(NamedTuple):
    batch_id: UUID
    weight: int
    begins: "asyncio.Future[None]"


class Places:
    """`most` at a time, and one more of each batch that comes anew. `clock` tells seconds."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._at_work: Counter[UUID] = Counter()
        self._seen: dict[UUID, float] = {}
        self._line: list[_Asked] = []

    @asynccontextmanager
    async def place(self, batch_id: UUID, weight: int) -> AsyncIterator[None]:
        begins = self.ask(batch_id, weight)
        try:
            await begins
        except asyncio.CancelledError:
            if not begins.cancelled():
                self.leave(batch_id)
            raise
        try:
            yield
        finally:
            self.leave(batch_id)

    def ask(self, batch_id: UUID, weight: int) -> "asyncio.Future[None]":
        """Done when the slice may begin; `leave` follows."""
        asked = _Asked(batch_id, weight, asyncio.get_running_loop().create_future())
        self._seen = {
            batch: at for batch, at in self._seen.items() if self._clock() - at < _FORGOTTEN_SECONDS
        }
        if self._at_work[batch_id] or batch_id in self._seen:
            self._line.append(asked)
            self._fill()
        else:
            self._begin(asked)
        return asked.begins

    def leave(self, batch_id: UUID) -> None:
        self._seen[batch_id] = self._clock()
        self._at_work[batch_id] -= 1
        self._at_work = +self._at_work
        self._fill()

    def _begin(self, asked: _Asked) -> None:
        self._at_work[asked.batch_id] += 1
        asked.begins.set_result(None)

    def _fill(self) -> None:
        self._line = [asked for asked in self._line if not asked.begins.cancelled()]
        while self._line and self._at_work.total() < self._most:
            asked = min(self._line, key=lambda one: self._at_work[one.batch_id] / one.weight)
            self._line.remove(asked)
            self._begin(asked)
