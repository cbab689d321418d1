"""A converter between two streams: all goes through, and what breaks on either side is told."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from services.exporter.export.bridge import converted

PIECES = [b"a" * 300_000, b"", b"b", b"c" * 70_000]


async def pieces(error: Exception | None = None) -> AsyncIterator[bytes]:
    for piece in PIECES:
        yield piece
    if error is not None:
        raise error


def upper(source: Any, sink: Any) -> None:
    while piece := source.read(8_192):
        sink.write(piece.upper())


async def test_every_byte_goes_through_also_after_an_empty_piece() -> None:
    found = b"".join([piece async for piece in converted(pieces(), upper)])
    assert found == b"".join(PIECES).upper()


async def test_what_breaks_on_either_side_is_raised() -> None:
    def break_off(source: Any, sink: Any) -> None:
        sink.write(source.read(10))
        raise OSError("full")

    for stream in (converted(pieces(ValueError("cut")), upper), converted(pieces(), break_off)):
        with pytest.raises((ValueError, OSError), match=r"cut|full"):
            _ = [piece async for piece in stream]


async def test_a_reader_that_leaves_ends_the_thread() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100_000

    before = threading.active_count()
    async with asyncio.timeout(10), aclosing(converted(endless(), upper)) as stream:
        await anext(stream)
    assert threading.active_count() <= before + 1
