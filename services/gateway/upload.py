"""One upload: its bytes go to the blob store and through the reader in the same pass.

Memory is constant: a block of 1 MiB in hand here, and one with the two writers' parts in the process that
reads it (upload_worker.py), so a slow sender keeps nobody waiting.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal, NamedTuple
from uuid import UUID

from obstore.store import ObjectStore

from services.gateway.errors import ApiError, TooLarge
from services.gateway.multipart import UploadForm
from services.gateway.reading import Summary
from services.gateway.upload_bench import Seat
from services.gateway.upload_worker import Begin, Step, Told
from shared.logs import log

_BLOCK = 1 << 20


class Paths(NamedTuple):
    """Where a batch's blobs lie: its bytes as they came, and its normalised rows."""

    upload: str
    rows: str


def paths_of(batch_id: UUID) -> Paths:
    return Paths(f"batches/{batch_id}/upload", f"batches/{batch_id}/rows.jsonl")


class Upload:
    """Call `receive`, then keep what it stored, or `discard` it. Nothing of a broken upload is left.
    `url` is the store's, for the process that writes."""

    def __init__(self, seat: Seat, store: ObjectStore, url: str, paths: Paths, max_bytes: int) -> None:
        self._seat = seat
        self._store = store
        self._url = url
        self._paths = paths
        self._max_bytes = max_bytes
        self._begun = False

    @property
    def path(self) -> str:
        """Where the bytes lie as they came."""
        return self._paths.upload

    async def receive(self, form: UploadForm, body: AsyncIterator[bytes]) -> Summary:
        """Raises ValidationError for what can't be a batch, TooLarge past `max_bytes`, and what `Seat.tell`
        does."""
        received = 0
        async for block in form.file_blocks(body, _BLOCK):
            received += len(block)
            if received > self._max_bytes:
                raise too_large(self._max_bytes)
            await self._begin(form)
            await self._step("feed", block)
        await self._begin(form)
        summary = (await self._step("finish")).summary
        assert summary
        await self._step("close")
        return summary

    async def discard(self) -> None:
        """What the process can't let go of any more, it has lost already."""
        if not self._begun:
            return
        try:
            await self._step("close")
        except ApiError as error:
            log.warning("upload not closed", error=error.error_type)
        await asyncio.to_thread(self._delete)

    async def _begin(self, form: UploadForm) -> None:
        """Once, when the file's name is known."""
        if self._begun:
            return
        self._begun = True
        await self._seat.tell(Begin(self.path, self._url, self._paths, form.filename or ""))

    async def _step(self, kind: Literal["feed", "finish", "close"], block: bytes = b"") -> Told:
        return await self._seat.tell(Step(self.path, kind, block))

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
