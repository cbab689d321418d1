"""An upload, block by block, to normalised rows and a summary, in constant memory (1 MiB a station)."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from services.gateway.reading.container import PIECE, SIGNATURE_BYTES
from services.gateway.reading.errors import UnreadableUpload
from services.gateway.reading.header import Layout, extra_names
from services.gateway.reading.rows import RowWriter, Watch
from services.gateway.reading.tables import WHAT_TO_SEND, Limits, Table, open_table

DEFAULT_LIMITS = Limits()


class Summary(NamedTuple):
    """What was read. `columns`: the unique names of the extra cells, in order. `delimiter`: empty for a file
    of one column and for a workbook, whose `encoding` is `xlsx`. `sha256` (hex), `raw_bytes`: as sent."""

    total_rows: int
    columns: tuple[str, ...]
    url_column: str
    delimiter: str
    encoding: str
    header: bool
    sha256: str
    raw_bytes: int


class Normaliser:
    """`feed` every block of an upload in order, then `finish`. Both raise UnreadableUpload, work in the
    caller's thread, and call `sink` with about 1 MiB of whole rows at a time (format: see `rows`)."""

    def __init__(
        self,
        sink: Callable[[bytes], None],
        filename: str,
        limits: Limits = DEFAULT_LIMITS,
        watch: Watch | None = None,
    ) -> None:
        self._sink = sink
        self._filename = filename
        self._limits = limits
        self._watch = watch
        self._sha256 = hashlib.sha256()
        self._raw_bytes = 0
        self._head = b""
        self._table: Table | None = None

    def feed(self, block: bytes) -> None:
        self._sha256.update(block)
        self._raw_bytes += len(block)
        if self._table is None:
            self._head += block
            if len(self._head) < SIGNATURE_BYTES:
                return
            block, self._table, self._head = self._head, self._open_table(), b""
        for start in range(0, len(block), PIECE):
            self._table.feed(block[start : start + PIECE])

    def finish(self) -> Summary:
        if not self._raw_bytes:
            raise UnreadableUpload(f"The file {self._filename[:200]!r} is empty. {WHAT_TO_SEND}")
        if self._table is None:
            self._table = self._open_table()
            self._table.feed(self._head)
        layout, writer = self._table.finish()
        writer.flush()
        if not writer.rows:
            raise UnreadableUpload(f"The file has a header and no row below it. {WHAT_TO_SEND}")
        index = layout.url_index
        return Summary(
            total_rows=writer.rows,
            columns=extra_names(layout, writer.widest),
            url_column=layout.header[index] if layout.header else f"column_{index + 1}",
            delimiter=self._table.delimiter,
            encoding=self._table.encoding,
            header=layout.header is not None,
            sha256=self._sha256.hexdigest(),
            raw_bytes=self._raw_bytes,
        )

    def _open_table(self) -> Table:
        return open_table(self._head, self._make_writer, self._limits.unpacked_bytes)

    def _make_writer(self, layout: Layout) -> RowWriter:
        return RowWriter(layout, self._sink, self._limits.rows, self._watch)

    def close(self) -> None:
        """Lets go of what is spooled, and of the table, which knows this: both would wait for the garbage
        collector, which runs seldom."""
        if self._table:
            self._table.close()
            self._table = None
