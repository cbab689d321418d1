"""Between a COPY and its reader: a bounded queue, and a file for what a slow reader leaves.

The transaction of an export must not stay open for as long as a reader likes: it keeps vacuum from
every row that died since. So when a reader falls behind 20 MB/s, the rest goes to a file at the speed of the
server: a million rows of 1 KB never keep it open for a minute. The file is compressed, to some 15 %.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import IO, Self

from isal import isal_zlib

# The server hands out what it has read from a socket, up to 64 KiB: some 2 MiB in all.
_QUEUED = 32
_LEAST_BYTES_PER_SECOND = 20 << 20
# Of the file, where rows take a seventh of their size.
_BLOCK = 32_768
_LEVEL = 1


class Spill:
    """One writer (`put`, then `end`), one reader (`chunks`). Used as a context."""

    def __init__(self, patience_seconds: float) -> None:
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(_QUEUED)
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
        """Waits while the queue is full, until patience ends; from then on everything goes to the file."""
        if self._file is None:
            self._until += len(chunk) / _LEAST_BYTES_PER_SECOND
            try:
                async with asyncio.timeout(max(0.0, self._until - time.monotonic())):
                    await self._queue.put(chunk)
            except TimeoutError:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
            else:
                return
        await asyncio.to_thread(self._file.write, self._packer.compress(chunk))

    async def end(self, error: Exception | None = None) -> None:
        """No more comes. Waits for the reader when the queue is full: after the transaction, at no harm."""
        self._error = error
        if self._file is not None:
            await asyncio.to_thread(self._file.write, self._packer.flush())
        await self._queue.put(b"")

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """In the order they were put. Raises what the writer ended with."""
        while chunk := await self._queue.get():
            yield chunk
        if self._error is not None:
            raise self._error
        if self._file is not None:
            await asyncio.to_thread(self._file.seek, 0)
            unpacker = isal_zlib.decompressobj()
            while block := await asyncio.to_thread(self._file.read, _BLOCK):
                if rest := unpacker.decompress(block):
                    yield rest
