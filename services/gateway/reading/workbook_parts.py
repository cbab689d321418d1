"""The parts of an .xlsx file, as openpyxl reads them: none of them fills the memory, whatever it holds.

A sheet of 4 GiB packs into 4 MB, and the XML parser holds what is between two rows whole: a cell, or a row,
without an end. And in a document type a few bytes stand for many.
"""

import io
import zipfile
from typing import IO, Any

from services.gateway.reading.errors import UnreadableUpload

SHEETS = "xl/worksheets/"
STRINGS = "sharedstrings.xml"
MAX_SHARED_STRINGS = 64 << 20
MAX_OTHER_PARTS = 16 << 20
"""Bytes of what openpyxl keeps in memory whole: the strings, styles and the like."""

MAX_BETWEEN_ROWS = 8 << 20
"""Bytes of XML of one row, or of all that follows the last one: 65,530 links, as many as a sheet may have."""

TOO_BIG = "The workbook is too big. Save it as CSV (UTF-8), if need be packed by gzip."
_NO_TABLE = "The workbook was not written by a spreadsheet program. Save it as CSV (UTF-8) and send that."
_DOCTYPE = b"<!DOCTYPE"


def _most_bytes(name: str, max_sheet: int) -> int:
    """That a part with this name may have."""
    if name.startswith(SHEETS):
        return max_sheet
    return MAX_SHARED_STRINGS if name.lower().endswith(STRINGS) else MAX_OTHER_PARTS


class Parts(zipfile.ZipFile):
    """Set `reads_rows` once the workbook is open, and `since_row` to 0 at each row."""

    def __init__(self, file: IO[bytes], max_sheet: int) -> None:
        super().__init__(file)
        self._max_sheet = max_sheet
        self.reads_rows = False
        self.since_row = 0

    def open(self, name: Any, *_args: Any, **_options: Any) -> Any:
        """To read. Until its rows are wanted a sheet looks empty: only its size would be looked for."""
        info = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if not self.reads_rows and info.filename.startswith(SHEETS):
            return io.BytesIO(b"<worksheet/>")
        if info.file_size > _most_bytes(info.filename, self._max_sheet):
            raise UnreadableUpload(TOO_BIG)
        return _Part(super().open(info), self)


class _Part:
    def __init__(self, part: IO[bytes], parts: Parts) -> None:
        self._part = part
        self._parts = parts
        self._end = b""

    def read(self, size: int = -1) -> bytes:
        piece = self._part.read(size)
        # NUL is in no XML but that of UTF-16, in which nothing here would be found.
        if b"\0" in piece or _DOCTYPE in self._end + piece:
            raise UnreadableUpload(_NO_TABLE)
        self._end = piece[-len(_DOCTYPE) :]
        if self._parts.reads_rows:
            self._parts.since_row += len(piece)
            if self._parts.since_row > MAX_BETWEEN_ROWS:
                raise UnreadableUpload(TOO_BIG)
        return piece

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._part.close()
