"""A converter between two streams: all goes through, what breaks is told, no process is left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from services.exporter.export.converter import ConverterFailed, converted

PIECES = [b"a" * 300_000, b"", b"b", b"c" * 70_000]
UPPER = "import sys; [sys.stdout.buffer.write(line.upper()) for line in sys.stdin.buffer]"
BREAKS = "import sys; sys.stdin.buffer.read(10); sys.exit(3)"


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("upper", UPPER), ("breaks", BREAKS)):
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.cmdline()[-1:] == ["upper"]]


async def pieces(error: Exception | None = None) -> AsyncIterator[bytes]:
    for piece in PIECES:
        yield piece
    if error is not None:
        raise error


async def test_every_byte_goes_through_also_after_an_empty_piece() -> None:
    found = b"".join([piece async for piece in converted(pieces(), "upper", b"given ")])
    assert found == b"GIVEN " + b"".join(PIECES).upper()


async def test_what_breaks_on_either_side_is_raised() -> None:
    for stream, error in (
        (converted(pieces(ValueError("cut")), "upper"), ValueError),
        (converted(pieces(), "breaks"), ConverterFailed),
        (converted(pieces(), "no_such_module"), ConverterFailed),
    ):
        with pytest.raises(error):
            _ = [piece async for piece in stream]
    assert not processes()


async def test_a_reader_that_leaves_ends_the_process() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 100_000 + b"\n"

    async with asyncio.timeout(10), aclosing(converted(endless(), "upper")) as stream:
        await anext(stream)
        assert processes()
    assert not processes()
