"""A process of our own that does one thing at a time, and may die of it or be ended without harm to others.

Not a ProcessPoolExecutor: that one can't end a single piece of work that takes too long, and one that kills
its process breaks the whole pool. Frames go in and out by the standard streams (`frames.py`)."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

_START_SECONDS = 60.0  # 1.5 s when nothing else runs
_STOP_SECONDS = 5.0
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class WorkerTooSlow(Exception):
    """It was ended: it did not answer in time."""


class WorkerDied(Exception):
    """It ended over what it was asked, or beside it."""


class WorkerMissing(Exception):
    """It does not start."""


class Worker:
    """Runs `python -m module`, started when it is needed and again after it ended. One asks at a time. It is
    started anew once it holds more than `most_bytes`, where the system tells (Linux)."""

    def __init__(self, module: str, most_bytes: int = sys.maxsize) -> None:
        self._module = module
        self._most_bytes = most_bytes
        self._process: Process | None = None

    async def ask(self, content: bytes, deadline: float) -> bytes:
        """The answer, within `deadline` seconds. Raises the three errors above."""
        process = self._process or await self._start()
        try:
            async with asyncio.timeout(deadline):
                answer = await _ask(process, content)
        except TimeoutError:
            await self._kill()
            raise WorkerTooSlow from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._kill()
            raise WorkerDied from None
        except asyncio.CancelledError:
            await self._kill()  # its answer would be taken for the next one's
            raise
        if _resident(process.pid) > self._most_bytes:
            await self._kill()
        return answer

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
            sys.executable, "-m", self._module, stdin=PIPE, stdout=PIPE, env=environment
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                await _frame(process)
        except (TimeoutError, asyncio.IncompleteReadError):
            await self._kill()
            raise WorkerMissing from None
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
            await _pipe_closed(process)


def _resident(pid: int) -> int:
    """The memory that a process holds, in bytes; 0 where that is not told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


async def _pipe_closed(process: Process) -> None:
    """Takes the error of a pipe that broke: asyncio would tell it to the log once more."""
    assert process.stdin
    with suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await process.stdin.wait_closed()


async def _ask(process: Process, content: bytes) -> bytes:
    assert process.stdin
    process.stdin.write(len(content).to_bytes(4, "big") + content)
    await process.stdin.drain()
    return await _frame(process)


async def _frame(process: Process) -> bytes:
    assert process.stdout
    return await process.stdout.readexactly(int.from_bytes(await process.stdout.readexactly(4), "big"))
