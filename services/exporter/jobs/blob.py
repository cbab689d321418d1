"""The file of one making: written to the blob store and hashed in the same pass, in constant memory."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import obstore
from obstore.store import ObjectStore

from shared.blobs import remove_file

# S3's least part of a multipart upload.
_PART = 5 << 20
_PARTS_AT_ONCE = 2
# What goes to a thread at once.
_BLOCK = 1 << 20


class Blob:
    """Hashing and writing are a thread's work: a gigabyte takes seconds of each. The lock: the thread of a
    cancelled task still writes."""

    def __init__(self, store: ObjectStore, path: str) -> None:
        self._writer = obstore.open_writer(store, path, buffer_size=_PART, max_concurrency=_PARTS_AT_ONCE)
        self._hash = hashlib.sha256()
        self._lock = threading.Lock()
        self._block = bytearray()
        self.size = 0

    @property
    def sha256(self) -> bytes:
        return self._hash.digest()

    async def put(self, piece: bytes) -> None:
        self._block += piece
        if len(self._block) >= _BLOCK:
            await self._pass_on()

    async def finish(self) -> None:
        """The file is whole afterwards."""
        await self._pass_on()
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """The writer knows no way to give up: a multipart upload that stays open would be paid for and never
        listed, so what there is becomes a file, for its maker to remove."""
        with self._lock:
            if not self._writer.closed():
                self._writer.close()

    async def _pass_on(self) -> None:
        block = bytes(self._block)
        self._block.clear()
        self.size += len(block)
        await asyncio.to_thread(self._write, block)

    def _write(self, block: bytes) -> None:
        with self._lock:
            self._hash.update(block)
            self._writer.write(block)


@asynccontextmanager
async def writing(store: ObjectStore, path: str) -> AsyncIterator[Blob]:
    """Nothing is left of a file that was not finished, unless the store is away, too."""
    blob = Blob(store, path)
    try:
        yield blob
        await blob.finish()
    except BaseException:
        await asyncio.shield(asyncio.to_thread(_discard, blob, store, path))
        raise


def _discard(blob: Blob, store: ObjectStore, path: str) -> None:
    blob.close()
    remove_file(store, path)
