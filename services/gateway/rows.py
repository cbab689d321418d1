"""Addresses of one chunk, read back from the normalised rows."""

from collections.abc import AsyncIterator

import msgspec
import obstore
from obstore.store import ObjectStore

from services.gateway.errors import ProcessingError
from services.gateway.snapshot import Snapshot

_BLOCK = 1 << 20


async def urls_of(store: ObjectStore, batch: Snapshot, chunk_no: int) -> list[str]:
    """In row order. Raises ProcessingError when the batch's file is gone."""
    first = (chunk_no - 1) * batch.chunk_size + 1
    last = min(first + batch.chunk_size, batch.total_urls + 1) - 1
    try:
        found = await obstore.get_async(store, batch.rows_path)
        return [_url(line) async for line in lines(aiter(found.stream(_BLOCK)), first, last)]
    except FileNotFoundError as error:
        raise ProcessingError("The batch's file can no longer be read.") from error


async def lines(blocks: AsyncIterator[bytes], first: int, last: int) -> AsyncIterator[bytes]:
    """The lines `first` to `last`, from 1. What lies before is counted, not parsed."""
    number, rest = 1, b""
    async for block in blocks:
        data = rest + bytes(block)
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
