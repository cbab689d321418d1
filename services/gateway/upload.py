"""One upload: its bytes go to the blob store and through the reader in the same pass.

Memory is constant: a block of 1 MiB in hand and the two writers' parts. The work on a block runs in
one of two threads, so a slow sender holds no thread and at most two uploads are parsed at once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from uuid import UUID

import obstore
from obstore.store import ObjectStore

from services.gateway.errors import TooLarge, ValidationError
from services.gateway.multipart import UploadForm
from services.gateway.reading import Normaliser, Summary, UnreadableUpload

if TYPE_CHECKING:
    from obstore import WritableFile

T = TypeVar("T")
_BLOCK = 1 << 20
# S3's least part of a multipart upload; two in flight are as fast here as the default twelve.
_PART = 5 << 20
_PARTS_AT_ONCE = 2


class Paths(NamedTuple):
    """Where a batch's blobs lie: its bytes as they came, and its normalised rows."""

    upload: str
    rows: str


def paths_of(batch_id: UUID) -> Paths:
    return Paths(f"batches/{batch_id}/upload", f"batches/{batch_id}/rows.jsonl")


class Upload:
    """Call `receive`, then keep what it stored, or `discard` it. Nothing of a broken upload is left."""

    def __init__(self, store: ObjectStore, threads: Executor, paths: Paths, max_bytes: int) -> None:
        self._store = store
        self._threads = threads
        self._paths = paths
        self._max_bytes = max_bytes
        self._raw = _writer(store, paths.upload)
        self._rows = _writer(store, paths.rows)
        self._normaliser: Normaliser | None = None

    @property
    def path(self) -> str:
        """Where the bytes lie as they came."""
        return self._paths.upload

    async def receive(self, form: UploadForm, body: AsyncIterator[bytes]) -> Summary:
        """Raises ValidationError for what can't be a batch, TooLarge past `max_bytes`."""
        try:
            summary = await self._in_thread((await self._read(form, body)).finish)
        except UnreadableUpload as error:
            raise ValidationError(error.reason) from error
        await self._in_thread(self._close)
        return summary

    async def _read(self, form: UploadForm, body: AsyncIterator[bytes]) -> Normaliser:
        received = 0
        async for block in form.file_blocks(body, _BLOCK):
            received += len(block)
            if received > self._max_bytes:
                raise too_large(self._max_bytes)
            await self._in_thread(partial(self._take, self._normaliser_for(form), block))
        return self._normaliser_for(form)

    def _normaliser_for(self, form: UploadForm) -> Normaliser:
        """Made when the file's name is known."""
        if self._normaliser is None:
            self._normaliser = Normaliser(self._write_rows, form.filename or "upload.csv")
        return self._normaliser

    async def discard(self) -> None:
        """Closes first: a multipart upload that stays open would be paid for and never listed."""
        await self._in_thread(self._close)
        await self._in_thread(self._delete)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _take(self, normaliser: Normaliser, block: bytes) -> None:
        self._raw.write(block)
        normaliser.feed(block)

    def _write_rows(self, rows: bytes) -> None:
        self._rows.write(rows)

    def _close(self) -> None:
        if self._normaliser is not None:
            self._normaliser.close()
        for writer in (self._raw, self._rows):
            if not writer.closed():
                writer.close()

    def _delete(self) -> None:
        for path in self._paths:
            try:
                self._store.delete(path)
            except FileNotFoundError:
                continue


def too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"The file is larger than {max_bytes >> 20:,} MiB, the most this server takes (MAX_UPLOAD_MB)."
        " Split it and send the parts, or pack it as .csv.gz."
    )


def _writer(store: ObjectStore, path: str) -> "WritableFile":
    return obstore.open_writer(store, path, buffer_size=_PART, max_concurrency=_PARTS_AT_ONCE)
