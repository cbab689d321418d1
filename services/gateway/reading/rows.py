"""Records to normalised rows: JSON Lines, one array a row, numbered from 1 in file order.

`[row_no, url, [cells...]]`, or `[row_no, beginning of the line, [], reason]` for a row that can't be read.
Cells are those of `extra_names`, in order; a short row has fewer, and what is missing is empty."""

from collections.abc import Callable, Iterator

import msgspec

from services.gateway.reading.errors import UnreadableUpload
from services.gateway.reading.header import MAX_COLUMNS, Layout
from services.gateway.reading.records import Broken, Placed

ROW_LIMIT = 256 * 1024
"""Bytes of a normalised row: the cells of a slice, so that every row fits into one."""

PREFIX = 500
"""Characters of an unreadable row that are kept, to find it again."""

BLOCK = 1 << 20

Watch = Callable[[int, bytes], None]
"""Is told of every row: the line of the file that it begins in, and the row as it is written."""


class RowWriter:
    """Numbers rows and hands them to `sink` in blocks of about 1 MiB."""

    def __init__(
        self, layout: Layout, sink: Callable[[bytes], None], max_rows: int, watch: Watch | None
    ) -> None:
        self._layout = layout
        self._sink = sink
        self._max_rows = max_rows
        self._watch = watch
        self._encoder = msgspec.json.Encoder()
        self._buffer = bytearray()
        self._header_due = layout.header is not None
        self.rows = 0
        self.widest = 0

    def write(self, records: Iterator[Placed]) -> None:
        """Write every record but the header; raises UnreadableUpload past `max_rows`."""
        buffer = self._buffer
        if self._header_due:
            next(records, None)
            self._header_due = False
        for line, record in records:
            self.rows += 1
            row = self._unreadable(*record) if isinstance(record, Broken) else self._row(record)
            if self._watch:
                self._watch(line, row)
            buffer += row
            buffer += b"\n"
            if len(buffer) >= BLOCK:
                self.flush()
        if self.rows > self._max_rows:
            raise UnreadableUpload(
                f"The file has more than {self._max_rows:,} rows. Split it and send the parts."
            )

    def flush(self) -> None:
        if self._buffer:
            self._sink(bytes(self._buffer))
            self._buffer.clear()

    def _row(self, cells: list[str]) -> bytes:
        count = len(cells)
        url = cells.pop(self._layout.url_index) if count > self._layout.url_index else ""
        if count > MAX_COLUMNS:
            return self._unreadable(url, f"This row has {count:,} cells; {MAX_COLUMNS:,} is the most.")
        line = self._encoder.encode((self.rows, url, cells))
        if len(line) > ROW_LIMIT:
            return self._unreadable(url, f"This row has {len(line):,} bytes; {ROW_LIMIT:,} is the most.")
        self.widest = max(self.widest, count)
        return line

    def _unreadable(self, text: str, reason: str) -> bytes:
        return self._encoder.encode((self.rows, text[:PREFIX].rstrip("\r\n"), (), reason))
