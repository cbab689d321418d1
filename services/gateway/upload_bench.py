"""Where uploads are read: a few processes, each for several uploads by turns, a block at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from services.gateway.errors import ProcessingError, SystemUnavailable, ValidationError
from services.gateway.upload_worker import Begin, Step, Told
from shared.logs import log
from shared.worker import Worker, WorkerDied, WorkerMissing, WorkerTooSlow

_MODULE = "services.gateway.upload_worker"
# On a machine of two cores.
_PROCESSES = 2
# A block of 1 MiB takes 0.1 s; a workbook is read at its end, whole.
_SECONDS = 600.0
_AGAIN = "The process that read the file ended. Send the file again."


class Seat:
    """One process, and how many uploads it has in hand."""

    def __init__(self) -> None:
        self.uploads = 0
        self._worker = Worker(_MODULE)
        self._turn = asyncio.Lock()

    async def tell(self, asked: Begin | Step) -> Told:
        """Raises ValidationError for what can't be a batch, SystemUnavailable when the process is gone,
        ProcessingError. Who asks may go away: the process ends its turn, for others have uploads there."""
        told = await asyncio.shield(asyncio.create_task(self._ask(asked)))
        if told.unreadable:
            raise ValidationError(told.unreadable)
        if told.lost:
            raise SystemUnavailable(_AGAIN)
        if told.broken:
            log.error("upload not read", error=told.broken)
            raise ProcessingError("The file could not be stored or read. Send it again in a moment.")
        return told

    async def stop(self) -> None:
        await self._worker.stop()

    async def _ask(self, asked: Begin | Step) -> Told:
        async with self._turn:
            try:
                answer = await self._worker.ask(msgspec.msgpack.encode(asked), _SECONDS)
            except (WorkerDied, WorkerMissing, WorkerTooSlow) as error:
                log.error("upload process ended", error=type(error).__name__)
                raise SystemUnavailable(_AGAIN) from error
        return msgspec.msgpack.decode(answer, type=Told)


class Bench:
    """The seats. Make it inside the running event loop."""

    def __init__(self) -> None:
        self._seats = [Seat() for _ in range(_PROCESSES)]

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[Seat]:
        """The one with the fewest uploads."""
        seat = min(self._seats, key=lambda seat: seat.uploads)
        seat.uploads += 1
        try:
            yield seat
        finally:
            seat.uploads -= 1

    async def stop(self) -> None:
        await asyncio.gather(*(seat.stop() for seat in self._seats))


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    try:
        yield made
    finally:
        await made.stop()
