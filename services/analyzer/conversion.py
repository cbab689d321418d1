"""Makes pictures fit for the provider: what it does not know becomes a JPEG, what is too large a smaller one.

All others, nearly every one, go as they are: a resize below 1 MB costs thirty times the CPU that it saves."""

import asyncio
import os

import msgspec

from services.analyzer.conversion_reply import Reply
from services.analyzer.pending import MAX_CALL_BYTES, Failed
from services.analyzer.sniff import SIGNATURE_BYTES, format_of
from shared.error_classes import ErrorClass
from shared.logs import log
from shared.worker import Worker, WorkerDied, WorkerMissing, WorkerTooSlow

_WORKER = "services.analyzer.conversion_worker"
# Each may take 2 GB for a moment.
_MOST_WORKERS = 4
# 75 megapixels take 3 s on one core.
_SECONDS = 20.0
# The first may have died of something beside it.
_TRIES = 2


def fits(content: bytes, formats: frozenset[str]) -> bool:
    """Whether a provider that knows these formats takes the picture as it is."""
    return len(content) <= MAX_CALL_BYTES and format_of(content[:SIGNATURE_BYTES]) in formats


class Converter:
    """Worker processes, at most one a core, each started when one is needed."""

    def __init__(self, workers: int | None = None, seconds: float = _SECONDS) -> None:
        count = workers or min(_MOST_WORKERS, os.cpu_count() or 1)
        self._seconds = seconds
        self._all = [Worker(_WORKER) for _ in range(count)]
        # The last that was used is the next: the others need not be started.
        self._idle: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()
        for worker in self._all:
            self._idle.put_nowait(worker)

    async def jpeg_of(self, content: bytes) -> bytes:
        """Waits for a worker. Raises Failed."""
        for _ in range(_TRIES):
            worker = await self._idle.get()
            try:
                return _jpeg(await worker.ask(content, self._seconds))
            except (WorkerDied, WorkerMissing, WorkerTooSlow) as error:
                log.warning("a picture was not converted", error=type(error).__name__)
            finally:
                self._idle.put_nowait(worker)
        raise Failed(ErrorClass.CRASHED, "Making the picture smaller failed twice: its process ended.")

    async def close(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._all))


def _jpeg(answer: bytes) -> bytes:
    reply = msgspec.msgpack.decode(answer, type=Reply)
    if reply.failure:
        raise Failed(ErrorClass.PROVIDER_IMAGE, reply.failure)
    return reply.jpeg
