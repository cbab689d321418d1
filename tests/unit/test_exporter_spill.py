"""The way from a COPY to its reader: nothing lost, nothing twice, bounded."""

import asyncio

import pytest

from services.exporter.export.spill import Spill

CHUNKS = [f"{number}\n".encode() * 2_000 for number in range(1_000)]


async def write(spill: Spill, error: Exception | None = None) -> None:
    for chunk in CHUNKS:
        await spill.put(chunk)
    await spill.end(error)


async def read(spill: Spill) -> bytes:
    return b"".join([chunk async for chunk in spill.chunks()])


async def test_a_reader_that_keeps_up_needs_no_file() -> None:
    with Spill(30) as spill:
        _, text = await asyncio.gather(write(spill), read(spill))
        assert text == b"".join(CHUNKS)
        assert not spill.spilled


async def test_what_a_slow_reader_leaves_goes_to_a_file_in_order() -> None:
    with Spill(0.05) as spill:
        async with asyncio.timeout(10):
            writing = asyncio.create_task(write(spill))
            while not spill.spilled:
                await asyncio.sleep(0.01)
            text = await read(spill)
            await writing
        assert text == b"".join(CHUNKS)


async def test_a_copy_that_broke_off_never_looks_whole() -> None:
    with Spill(30) as spill:
        writing = asyncio.create_task(write(spill, ValueError("cut")))
        with pytest.raises(ValueError, match="cut"):
            await read(spill)
        await writing
