"""Between a COPY and its reader: a bounded buffer, and a file for what a slow reader leaves.

The transaction of an export must not stay open for as long as a reader likes: it keeps vacuum from
every row that died since. So when a reader falls behind 20 MB/s, the rest goes to a file at the speed of the
server: a million rows of 1 KB never keep it open for a minute. The file is compressed, to some 15 %.
"""

import asyncio
import tempfile
import time
from collections import deque
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import IO, Self

from isal import isal_zlib

# What waits for the reader, and what it takes at once: little enough to reach a slow one within its credit.
_MOST_HELD = 2 << 20
_TAKEN = 128 << 10
_LEAST_BYTES_PER_SECOND = 20 << 20
# Of the file, where rows take a seventh of their size.
_BLOCK = 32_768
_LEVEL = 1


class Spill:
    """One writer (`put`, then `end`), one reader (`chunks`). Used as a context."""

    def __init__(self, patience_seconds: float) -> None:
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._ended = False
        self._until = time.monotonic() + patience_seconds
        """Each piece puts it off by the time that it may take."""
        self._error: Exception | None = None
        self._file: IO[bytes] | None = None
        self._packer = isal_zlib.compressobj(_LEVEL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def spilled(self) -> bool:
        return self._file is not None

    async def put(self, chunk: bytes) -> None:
        """Waits while enough is held, until patience ends; from then on everything goes to the file."""
        if self._file is None:
            self._until += len(chunk) / _LEAST_BYTES_PER_SECOND
            if self._held_bytes < _MOST_HELD or await self._is_taken():
                self._held.append(chunk)
                self._held_bytes += len(chunk)
                self._news.set()
                return
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        await asyncio.to_thread(self._file.write, self._packer.compress(chunk))

    async def end(self, error: Exception | None = None) -> None:
        """No more comes."""
        self._error = error
        if self._file is not None:
            await asyncio.to_thread(self._file.write, self._packer.flush())
        self._ended = True
        self._news.set()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """In the order they were put. Raises what the writer ended with."""
        while True:
            while self._held:
                yield self._take()
            if self._ended:
                break
            self._news.clear()
            await self._news.wait()
        if self._error is not None:
            raise self._error
        if self._file is not None:
            await asyncio.to_thread(self._file.seek, 0)
            unpacker = isal_zlib.decompressobj()
            while block := await asyncio.to_thread(self._file.read, _BLOCK):
                if rest := unpacker.decompress(block):
                    yield rest

    def _take(self) -> bytes:
        """The oldest pieces, as one: each write costs the server the same, large or small."""
        pieces = [self._held.popleft()]
        size = len(pieces[0])
        while self._held and size + len(self._held[0]) <= _TAKEN:
            pieces.append(self._held.popleft())
            size += len(pieces[-1])
        self._held_bytes -= size
        self._room.set()
        return b"".join(pieces)

    async def _is_taken(self) -> bool:
        """Whether the reader takes something before patience ends."""
        self._room.clear()
        try:
            async with asyncio.timeout(max(0.0, self._until - time.monotonic())):
                await self._room.wait()
        except TimeoutError:
            return False
        return True
