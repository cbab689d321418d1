"""A converter between two streams, as a process of its own: what it computes holds up nobody, and it may take
a processor that is free."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator

_AT_ONCE = 1 << 18
# More than a copy may take: it may write nothing until its last row.
_SILENT_SECONDS = 1_000.0
_END_SECONDS = 10.0


class ConverterFailed(Exception):
    """Its own words are in the log: the process writes them there."""


async def converted(
    pieces: AsyncIterator[bytes], module: str, given: bytes = b""
) -> AsyncGenerator[bytes, None]:
    """What `python -m module` writes of `given` and then all pieces. Raises what `pieces` raised,
    ConverterFailed, TimeoutError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, limit=_AT_ONCE
    )
    feeding = asyncio.create_task(_feed(process, pieces, given))
    try:
        while piece := await _next(process):
            yield piece
        await feeding
        async with asyncio.timeout(_END_SECONDS):
            if await process.wait():
                raise ConverterFailed
    finally:
        feeding.cancel()
        _kill(process)
        await asyncio.gather(feeding, return_exceptions=True)
        await process.wait()


async def _feed(process: Process, pieces: AsyncIterator[bytes], given: bytes) -> None:
    """A clean end of its input would let the converter end what it writes as if it were whole."""
    assert process.stdin
    try:
        process.stdin.write(given)
        async for piece in pieces:
            process.stdin.write(piece)
            await process.stdin.drain()
    except ConnectionError:
        pass  # it ended before its input did: its exit status tells
    except BaseException:
        _kill(process)
        raise
    finally:
        process.stdin.close()


async def _next(process: Process) -> bytes:
    assert process.stdout
    async with asyncio.timeout(_SILENT_SECONDS):
        return await process.stdout.read(_AT_ONCE)


def _kill(process: Process) -> None:
    if process.returncode is None:
        process.kill()
