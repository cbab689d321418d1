"""From the bytes of an upload to its written rows, for text and for workbooks."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, chain, islice
from typing import NamedTuple, Protocol

from services.gateway.reading.container import (
    PIECE,
    Gunzip,
    Kind,
    Plain,
    Unpacker,
    kind_of,
    refuse_binary,
)
from services.gateway.reading.dialect import ONE_COLUMN, choose
from services.gateway.reading.encoding import TextLines
from services.gateway.reading.errors import UnreadableUpload
from services.gateway.reading.header import Layout, layout_of
from services.gateway.reading.records import Broken, Placed, Records
from services.gateway.reading.rows import RowWriter

SAMPLE_LINES = 500
SAMPLE_CHARACTERS = 256 * 1024

WHAT_TO_SEND = "Send a CSV file with a line url and below it the address of one picture a line."


class Limits(NamedTuple):
    """Against files that unpack to more than anybody means: bytes after unpacking, and rows."""

    unpacked_bytes: int = 4 << 30
    rows: int = 20_000_000


MakeWriter = Callable[[Layout], RowWriter]


class Table(Protocol):
    """`delimiter` is empty for one column and for workbooks, whose `encoding` is `xlsx`."""

    delimiter: str

    @property
    def encoding(self) -> str: ...
    def feed(self, block: bytes) -> None: ...
    def finish(self) -> tuple[Layout, RowWriter]: ...
    def close(self) -> None: ...


def open_table(head: bytes, make_writer: MakeWriter, unpacked_bytes: int) -> Table:
    """The table for an upload that begins with `head`, which is still to be fed."""
    kind = kind_of(head)
    if kind is Kind.WORKBOOK:
        return _Workbook(make_writer, unpacked_bytes)
    return _Text(Gunzip() if kind is Kind.GZIP else Plain(), make_writer, unpacked_bytes)


class _Text:
    """Bytes, unpacked, to lines, records and rows, in units of 1 MiB; the first one decides how to read."""

    def __init__(self, unpacker: Unpacker, make_writer: MakeWriter, unpacked_bytes: int) -> None:
        self._unpacker = unpacker
        self._make_writer = make_writer
        self._most_unpacked = unpacked_bytes
        self._unpacked = 0
        self._blank_lines = 0
        self._unit = bytearray()
        self._lines: TextLines | None = None
        self._rows: tuple[Records, Layout, RowWriter] | None = None
        self.delimiter = ""

    @property
    def encoding(self) -> str:
        return self._lines.encoding if self._lines else ""

    def feed(self, block: bytes) -> None:
        for piece in self._unpacker.feed(block):
            self._unpacked += len(piece)
            if self._unpacked > self._most_unpacked:
                most = self._most_unpacked >> 20
                raise UnreadableUpload(
                    f"The file has more than {most:,} MiB unpacked. Split it and send the parts."
                )
            self._unit += piece
            if len(self._unit) >= PIECE:
                self._read_unit(final=False)

    def close(self) -> None:
        pass

    def finish(self) -> tuple[Layout, RowWriter]:
        self._unpacker.finish()
        self._read_unit(final=True)
        if not self._rows:
            raise UnreadableUpload(f"The file is empty. {WHAT_TO_SEND}")
        return self._rows[1], self._rows[2]

    def _read_unit(self, final: bool) -> None:
        unit = bytes(self._unit)
        self._unit.clear()
        if self._lines is None:
            self._lines = TextLines(unit)
            if self._lines.encoding != "utf-16":
                refuse_binary(unit)
        lines = self._lines.feed(unit, final)
        if self._rows is None:
            self._rows = self._begin(lines, final)
        if self._rows is not None:
            records, _, writer = self._rows
            writer.write(records.read(lines, final))

    def _begin(self, lines: Sequence[str], final: bool) -> tuple[Records, Layout, RowWriter] | None:
        sample = _sample(lines)
        if not sample:
            self._blank_lines += len(lines)
            return None
        dialect = choose(sample)
        self.delimiter = dialect.delimiter.strip(ONE_COLUMN)
        layout = _layout(list(Records(dialect).read(sample, final)))
        return Records(dialect, self._blank_lines + 1), layout, self._make_writer(layout)


class _Workbook:
    """Spools the archive to a file without a name; all of the reading is in `finish`."""

    encoding = "xlsx"

    def __init__(self, make_writer: MakeWriter, unpacked_bytes: int) -> None:
        self.delimiter = ""
        self._make_writer = make_writer
        self._most_unpacked = unpacked_bytes
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `finish` or `close`)

    def feed(self, block: bytes) -> None:
        self._spool.write(block)

    def close(self) -> None:
        self._spool.close()

    def finish(self) -> tuple[Layout, RowWriter]:
        from services.gateway.reading import workbook  # openpyxl would be a fifth of every gateway's start

        with self._spool:
            records = workbook.records(self._spool, self._most_unpacked)
            sample: list[Placed] = list(islice(records, SAMPLE_LINES))
            if not sample:
                raise UnreadableUpload(f"The first sheet of the workbook is empty. {WHAT_TO_SEND}")
            layout = _layout(sample)
            writer = self._make_writer(layout)
            writer.write(chain(sample, records))
        return layout, writer


def _sample(lines: Iterable[str]) -> list[str]:
    """The first lines that are not empty, one at least if there is one."""
    sample = list(islice((line for line in lines if line.strip("\r\n")), SAMPLE_LINES))
    ends = accumulate(map(len, sample))
    return [line for line, end in zip(sample, ends, strict=True) if end - len(line) < SAMPLE_CHARACTERS]


def _layout(sample: Sequence[Placed]) -> Layout:
    readable = [record for _, record in sample if not isinstance(record, Broken)]
    begins_readable = bool(sample) and not isinstance(sample[0][1], Broken)
    return layout_of(readable[0] if begins_readable else None, readable)
