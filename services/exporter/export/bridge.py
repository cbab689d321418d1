"""A converter that reads and writes files, between two streams: in a thread of its own, for it waits for its
reader, who may be slow. Nothing but two buffers is held."""

import asyncio
import io
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, TypeVar

_BUFFER = 1 << 18
T = TypeVar("T")

Convert = Callable[["io.BufferedReader[Any]", "io.BufferedWriter[Any]"], None]


async def converted(pieces: AsyncIterator[bytes], convert: Convert) -> AsyncGenerator[bytes, None]:
    """What `convert` writes of what it reads. Raises what `pieces` or `convert` raised."""
    crossing = _Crossing()
    done: asyncio.Queue[bytes | BaseException] = asyncio.Queue(1)
    thread = threading.Thread(target=_run, args=(crossing, pieces, done, convert), daemon=True)
    thread.start()
    try:
        while piece := await done.get():
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        crossing.close()
        await asyncio.to_thread(thread.join)


def _run(
    crossing: "_Crossing",
    pieces: AsyncIterator[bytes],
    done: "asyncio.Queue[bytes | BaseException]",
    convert: Convert,
) -> None:
    end: bytes | BaseException = b""
    try:
        with (
            io.BufferedReader(_Source(crossing, pieces), _BUFFER) as source,
            io.BufferedWriter(_Sink(crossing, done), _BUFFER) as sink,
        ):
            convert(source, sink)
    except BaseException as error:  # noqa: BLE001  # the top of this thread: its reader gets the error
        end = error
    with suppress(_Closed):
        crossing.wait(done.put(end))


class _Closed(Exception):
    """Nobody reads any more."""


class _Crossing:
    """From the thread to the loop and back."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._waits: Future[Any] | None = None
        self._closed = False

    def wait(self, what: Coroutine[Any, Any, T]) -> T:
        """Called in the thread. Raises _Closed, or what `what` raises."""
        with self._lock:
            if self._closed:
                what.close()
                raise _Closed
            future = asyncio.run_coroutine_threadsafe(what, self._loop)
            self._waits = future
        try:
            return future.result()
        except CancelledError:
            raise _Closed from None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._waits is not None:
                self._waits.cancel()


class _Source(io.RawIOBase):
    def __init__(self, crossing: _Crossing, pieces: AsyncIterator[bytes]) -> None:
        self._crossing, self._pieces, self._rest = crossing, pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        piece = self._rest or self._crossing.wait(_next(self._pieces))
        taken = min(len(piece), len(into))
        into[:taken], self._rest = piece[:taken], piece[taken:]
        return taken


class _Sink(io.RawIOBase):
    def __init__(self, crossing: _Crossing, done: "asyncio.Queue[bytes | BaseException]") -> None:
        self._crossing, self._done = crossing, done

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._crossing.wait(self._done.put(bytes(piece)))
        return len(piece)


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    """An empty one would pass for the end."""
    while (piece := await anext(pieces, None)) is not None:
        if piece:
            return piece
    return b""
