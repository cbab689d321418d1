"""An export as the bytes of its file, in the format and shape that was asked for."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple

import msgspec

from services.exporter.export.archive import Archive, gzip_compressor
from services.exporter.export.converter import converted
from services.exporter.export.copying import Copying, Source, copying
from services.exporter.export.filename import apart, file_of, filename
from services.exporter.export.plan import Facts
from services.exporter.export.sheets import as_workbook
from shared.exporting import MEDIA_TYPES, Export, Format, Shape

# Within a ZIP that is being sent, for a place to copy: a refusal would break it off.
_MEMBER_WAITS_SECONDS = 120.0
# Not imported: what it imports holds memory.
_PARQUET = "services.exporter.export.parquet"


class Rendering(NamedTuple):
    file: str
    media_type: str
    pieces: AsyncIterator[bytes]
    """Raises what broke the export off."""


@asynccontextmanager
async def rendering(source: Source, export: Export) -> AsyncIterator[Rendering]:
    """The one way to a file of rows: `pieces` are its bytes in order, in constant memory, at the speed of who
    takes them; what breaks the export off is raised by them, so a file is whole only where they end by
    themselves. Raises what copying does before anything is copied, so `file` and `media_type` stand for an
    export that was possible. Leaving the context frees all that it holds."""
    if export.shape is Shape.ZIP:
        # Only what it will hold: each file is copied by itself when its turn comes.
        async with copying(source, msgspec.structs.replace(export, head=True)) as copy:
            plan = copy.plan
        async with aclosing(_archive(source, export, plan.batches)) as pieces:
            yield Rendering(file_of(plan, export), "application/zip", pieces)
        return
    async with copying(source, export) as copy, aclosing(_made(copy, export)) as pieces:
        yield Rendering(file_of(copy.plan, export), MEDIA_TYPES[export.format], pieces)


def _made(copy: Copying, export: Export) -> AsyncGenerator[bytes, None]:
    if export.head:
        return copy.chunks
    match export.format:
        case Format.CSV_GZ:
            return _gzipped(copy.chunks)
        case Format.PARQUET:
            return converted(copy.chunks, _PARQUET, msgspec.json.encode(copy.plan.names) + b"\n")
        case Format.XLSX:
            return as_workbook(copy.chunks, copy.plan, export)
    return copy.chunks


async def _gzipped(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    compressor = gzip_compressor()
    async for piece in pieces:
        if compressed := compressor.compress(piece):
            yield compressed
    yield compressor.flush()


async def _archive(source: Source, export: Export, batches: Sequence[Facts]) -> AsyncGenerator[bytes, None]:
    """A ZIP, member by member, as it grows."""
    if export.head:
        return
    patient = source._replace(wait_seconds=_MEMBER_WAITS_SECONDS)
    archive = Archive()
    files = apart(filename(batch, export.format) for batch in batches)
    for batch, file in zip(batches, files, strict=True):
        one = msgspec.structs.replace(export, shape=Shape.BATCH, batches=(str(batch.batch_id),))
        async with rendering(patient, one) as member:
            with archive.open(file, at=batch.last_result_at) as entry:
                async for piece in member.pieces:
                    entry.write(piece)
                    yield archive.taken()
    archive.close()
    yield archive.taken()
