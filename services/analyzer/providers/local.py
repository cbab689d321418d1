"""Text recognition on this machine, without a key or a network: one process a core, one picture at a time."""

import asyncio
import os
from collections.abc import Sequence

import msgspec

from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.local_reading import Reply
from services.analyzer.sniff import USUAL
from shared.worker import Worker, WorkerDied, WorkerMissing, WorkerTooSlow

_WORKER = "services.analyzer.providers.local_worker"
_MAX_WORKERS = 8  # of 530 MB each
# 560 MB stay after pictures of 75 megapixels, however many. Whoever has more leaks, and is started anew.
_MOST_BYTES = 1_000_000_000


class LocalProvider:
    """Make it inside the running event loop and close it there. A call waits for a free process first; its
    deadline is for the reading itself. `labels` and `logos` stay empty: letters are all that it sees."""

    name = "local"
    max_images = 1
    formats = USUAL
    most_bytes = 32_000_000
    needs_key = False

    def __init__(self, workers: int | None = None) -> None:
        count = workers or min(_MAX_WORKERS, os.cpu_count() or 1)
        # One waits, so that no process does. Each more would be read after a pause was asked for (G6).
        self.at_once: int | None = count + 1
        self._all = [Worker(_WORKER, _MOST_BYTES) for _ in range(count)]
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        for worker in self._all:
            self._idle.put_nowait(worker)

    async def annotate(
        self, images: Sequence[bytes], key: str, deadline: float
    ) -> list[Analysis | ImageFailure]:
        """See `Provider`. CRASHED when the process died, TIMEOUT when it had to be killed, UNAVAILABLE when
        none can be started."""
        worker = await self._idle.get()
        try:
            return [await _read(worker, content, deadline) for content in images]
        finally:
            self._idle.put_nowait(worker)

    async def close(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._all))


async def _read(worker: Worker, content: bytes, deadline: float) -> Analysis | ImageFailure:
    try:
        answer = await worker.ask(content, deadline)
    except WorkerTooSlow:
        raise CallFailed(Refusal.TIMEOUT, f"a picture took more than {deadline:.0f} s to read") from None
    except WorkerDied:
        raise CallFailed(Refusal.CRASHED, "the text recognition died over a picture") from None
    except WorkerMissing:
        raise CallFailed(Refusal.UNAVAILABLE, "the text recognition does not start") from None
    reply = msgspec.msgpack.decode(answer, type=Reply)
    read = reply.analysis or reply.failure
    assert read
    return read
