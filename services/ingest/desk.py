"""What this member has on its desk: its batches, its part of the room, and two bells between its loops."""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from services.ingest.batch import Batch
from services.ingest.open_slices import OpenSlices


class Bell:
    """Rung any number of times, it wakes its loop once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()


class Desk:
    """`space` rings when something may be handed out, `news` when a desired state may have changed.
    `announced`: a batch was submitted that may have no page in the book yet."""

    def __init__(self) -> None:
        self.batches: dict[UUID, Batch] = {}
        self.room = 0
        self.announced = False
        self.space = Bell()
        self.news = Bell()

    @property
    def epochs(self) -> dict[UUID, int]:
        return {batch_id: batch.facts.epoch for batch_id, batch in self.batches.items()}

    @property
    def open_slices(self) -> list[OpenSlices]:
        """Those of each batch."""
        return [batch.open_slices for batch in self.batches.values()]

    def put(self, batch: Batch) -> None:
        self.batches[batch.facts.batch_id] = batch

    def forget(self, batch_ids: Iterable[UUID]) -> None:
        """They end, or are another's, or the book must be read again: all that matters is in it."""
        for batch_id in list(batch_ids):
            if batch := self.batches.pop(batch_id, None):
                batch.tape.close()
                self.news.ring()
