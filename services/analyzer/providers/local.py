"""Text recognition on this machine, without a key or a network: one process a core, one picture at a time.

Processes of our own and not a ProcessPoolExecutor: that one can't end a single picture that takes too long,
and a picture that kills its process breaks the whole pool."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence

import msgspec

from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.local_reading import Reply

_WORKER = "services.analyzer.providers.local_worker"
_MAX_WORKERS = 8  # of 530 MB each
_START_SECONDS = 60.0  # 1.5 s when nothing else runs
_STOP_SECONDS = 5.0


class LocalProvider:
    """Make it inside the running event loop and close it there. A call waits for a free process first; its
    deadline is for the reading itself. `labels` and `logos` stay empty: letters are all that it sees."""

    name = "local"
    max_images = 1
    needs_key = False

    def __init__(self, workers: int | None = None) -> None:
        count = workers or min(_MAX_WORKERS, os.cpu_count() or 1)
        # One waits, so that no process does. Each more would be read after a pause was asked for (G6).
        self.at_once: int | None = count + 1
        self._all = [_Worker() for _ in range(count)]
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        for worker in self._all:
            self._idle.put_nowait(worker)

    async def annotate(
        self, images: Sequence[bytes], key: str, deadline: float
    ) -> list[Analysis | ImageFailure]:
        """See `Provider`. CRASHED when the process died, TIMEOUT when it had to be killed, UNAVAILABLE when
        none can be started."""
        worker = await self._idle.get()
        try:
            return await worker.read(images, deadline)
        finally:
            self._idle.put_nowait(worker)

    async def close(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._all))


class _Worker:
    """One process, started when it is needed and again after it died."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def read(self, images: Sequence[bytes], deadline: float) -> list[Analysis | ImageFailure]:
        process = self._process or await self._start()
        try:
            async with asyncio.timeout(deadline):
                return [await _ask(process, content) for content in images]
        except TimeoutError:
            await self._kill()
            raise CallFailed(Refusal.TIMEOUT, f"a picture took more than {deadline:.0f} s to read") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._kill()
            raise CallFailed(Refusal.CRASHED, "the text recognition died over a picture") from None
        except asyncio.CancelledError:
            await self._kill()  # its answer would be taken for the next picture's
            raise

    async def stop(self) -> None:
        """Ends the process: by the end of its input when it is idle, else by force."""
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            await self._kill()
        self._process = None

    async def _start(self) -> Process:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", _WORKER, stdin=PIPE, stdout=PIPE, env=environment
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                await _frame(process)
        except (TimeoutError, asyncio.IncompleteReadError):
            await self._kill()
            raise CallFailed(Refusal.UNAVAILABLE, "the text recognition does not start") from None
        except asyncio.CancelledError:
            await self._kill()
            raise
        return process

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _ask(process: Process, content: bytes) -> Analysis | ImageFailure:
    assert process.stdin
    process.stdin.write(len(content).to_bytes(4, "big") + content)
    await process.stdin.drain()
    reply = msgspec.msgpack.decode(await _frame(process), type=Reply)
    answer = reply.analysis or reply.failure
    assert answer
    return answer


async def _frame(process: Process) -> bytes:
    assert process.stdout
    return await process.stdout.readexactly(int.from_bytes(await process.stdout.readexactly(4), "big"))
