"""An export as the bytes of its file, in the format and shape that was asked for."""

import asyncio
import tempfile
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple

import msgspec

from services.exporter.export.copying import Copying, Source, copying
from services.exporter.export.filename import apart, file_of, filename
from services.exporter.export.plan import Facts
from services.exporter.export.sheets import write_workbook
from shared.exporting import MEDIA_TYPES, Export, Format, Shape

_BLOCK = 262_144
# Within a ZIP that is being sent, for a place to copy: a refusal would break it off.
_MEMBER_WAITS_SECONDS = 120.0


class Rendering(NamedTuple):
    file: str
    media_type: str
    pieces: AsyncIterator[bytes]
    """Raises what broke the export off."""


@asynccontextmanager
async def rendering(source: Source, export: Export) -> AsyncIterator[Rendering]:
    """Raises what copying does."""
    if export.shape is Shape.ZIP:
        # Only what it will hold: each file is copied by itself when its turn comes.
        async with copying(source, msgspec.structs.replace(export, head=True)) as copy:
            plan = copy.plan
        async with aclosing(_archive(source, export, plan.batches)) as pieces:
            yield Rendering(file_of(plan, export), "application/zip", pieces)
        return
    async with copying(source, export) as copy:
        is_workbook = export.format is Format.XLSX and not export.head
        made = _workbook(source, copy, export) if is_workbook else copy.chunks
        async with aclosing(made) as pieces:
            yield Rendering(file_of(copy.plan, export), MEDIA_TYPES[export.format], pieces)


async def _workbook(source: Source, copy: Copying, export: Export) -> AsyncGenerator[bytes, None]:
    """By way of two files: a workbook can't be sent before its last row, and its rows are read twice. It is
    written by its path: into a file that is open it would go from memory, whole."""
    with tempfile.TemporaryFile() as lines, tempfile.NamedTemporaryFile() as book:
        async for chunk in copy.chunks:
            await asyncio.to_thread(lines.write, chunk)
        async with source.benches:
            await asyncio.to_thread(write_workbook, lines, book.name, copy.plan, export)
        book.seek(0)
        while block := await asyncio.to_thread(book.read, _BLOCK):
            yield block


async def _archive(source: Source, export: Export, batches: Sequence[Facts]) -> AsyncGenerator[bytes, None]:
    """A ZIP, member by member, as it grows."""
    if export.head:
        return
    patient = source._replace(wait_seconds=_MEMBER_WAITS_SECONDS)
    written = _Written()
    # Level 1 costs nothing over storing; level 6 triples the time.
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        files = apart(filename(batch, export.format) for batch in batches)
        for batch, file in zip(batches, files, strict=True):
            one = msgspec.structs.replace(export, shape=Shape.BATCH, batches=(str(batch.batch_id),))
            async with rendering(patient, one) as member:
                with archive.open(file, "w", force_zip64=True) as entry:
                    async for piece in member.pieces:
                        await asyncio.to_thread(entry.write, piece)
                        yield written.taken()
    yield written.taken()


class _Written:
    """What zipfile wrote since it was last taken: a file that can't be sought in."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, piece: bytes) -> int:
        self._bytes += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held open."""

    def taken(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken
