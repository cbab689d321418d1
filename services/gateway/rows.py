"""Addresses of one chunk, read back from the normalised rows."""

import asyncio
import time
from collections.abc import Iterable, Iterator

import msgspec
import obstore
from obstore.store import ObjectStore

from services.gateway.errors import ProcessingError, SystemUnavailable
from services.gateway.snapshot import Snapshot

_BLOCK = 1 << 20
# For the last chunk of the largest file, 4 GB, from a local disk.
_SECONDS = 20.0


async def urls_of(store: ObjectStore, batch: Snapshot, chunk_no: int) -> list[str]:
    """In row order. Raises ProcessingError when the batch's file is gone, SystemUnavailable when it can't
    be read in time."""
    first = (chunk_no - 1) * batch.chunk_size + 1
    last = min(first + batch.chunk_size, batch.total_urls + 1) - 1
    try:
        async with asyncio.timeout(_SECONDS):
            return await asyncio.to_thread(_read, store, batch.rows_path, first, last)
    except FileNotFoundError as error:
        raise ProcessingError("The batch's file can no longer be read.") from error
    except TimeoutError as error:
        raise SystemUnavailable("The batch's file can't be read in time. Try again in a moment.") from error


def _read(store: ObjectStore, path: str, first: int, last: int) -> list[str]:
    """Gives up by itself, too: a thread can't be cancelled."""
    blocks = _blocks(store, path, time.monotonic() + _SECONDS)
    return [_url(line) for line in lines(blocks, first, last)]


def _blocks(store: ObjectStore, path: str, until: float) -> Iterator[bytes]:
    for block in obstore.get(store, path).stream(_BLOCK):
        if time.monotonic() > until:
            raise TimeoutError
        yield bytes(block)


def lines(blocks: Iterable[bytes], first: int, last: int) -> Iterator[bytes]:
    """The lines `first` to `last`, from 1. What lies before is counted, not parsed."""
    number, rest = 1, b""
    for block in blocks:
        data = rest + block
        whole = data.count(b"\n")
        if number + whole <= first:
            number, rest = number + whole, data[data.rfind(b"\n") + 1 :]
            continue
        *complete, rest = data.split(b"\n")
        for line in complete:
            if first <= number <= last:
                yield line
            number += 1
        if number > last:
            return


def _url(line: bytes) -> str:
    row: tuple[int, str, *tuple[object, ...]] = msgspec.json.decode(line)
    return row[1]
