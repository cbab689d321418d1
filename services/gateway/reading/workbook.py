"""Rows of an .xlsx file: its first sheet, values as text. It is a ZIP archive, so it can't be streamed."""

import datetime
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.exceptions import InvalidFileException

from services.gateway.reading.errors import UnreadableUpload
from services.gateway.reading.records import Placed
from services.gateway.reading.workbook_parts import (
    MAX_OTHER_PARTS,
    MAX_SHARED_STRINGS,
    SHEETS,
    STRINGS,
    TOO_BIG,
    Parts,
)

MAX_ROWS = 1_048_576
"""Of a sheet, by Excel itself. A row's number is an attribute: openpyxl fills the gap up to any number."""

MAX_DIRECTORY = 1 << 20
"""Bytes of the archive's directory, which zipfile reads at once."""

_BROKEN = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, OSError, EOFError, LookupError, ValueError,
    TypeError, AttributeError, ArithmeticError, SyntaxError, RuntimeError,
)  # fmt: skip
"""What zipfile, the XML parser (SyntaxError) and openpyxl raise on damaged or encrypted files."""

_ADVICE = "Save it again as .xlsx, or save it as CSV (UTF-8) and send that."


def records(file: IO[bytes], max_unpacked: int) -> Iterator[Placed]:
    """The rows that have any value, with their numbers in the sheet. Raises UnreadableUpload if the workbook
    is damaged or too big."""
    try:
        _refuse_too_big(file, max_unpacked)
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        reader.archive = parts = Parts(file, max_unpacked)
        reader.read()
        parts.reads_rows = True
        sheet = reader.wb.worksheets[0]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            parts.since_row = 0
            if number > MAX_ROWS:
                raise UnreadableUpload(
                    f"The sheet has more than {MAX_ROWS:,} rows. Save it as CSV and send that."
                )
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, cells
    except _BROKEN as error:
        raise UnreadableUpload(
            f"The file is a damaged Excel workbook, or a ZIP archive. {_ADVICE}"
        ) from error


def _refuse_too_big(file: IO[bytes], max_unpacked: int) -> None:
    if _directory_bytes(file) > MAX_DIRECTORY:
        raise UnreadableUpload(f"The workbook has too many parts. {_ADVICE}")
    sheets = strings = others = 0
    with zipfile.ZipFile(file) as archive:
        for part in archive.infolist():
            if part.filename.startswith(SHEETS):
                sheets += part.file_size
            elif part.filename.lower().endswith(STRINGS):
                strings += part.file_size
            elif part.filename.endswith((".xml", ".rels")):
                others += part.file_size
    if sheets > max_unpacked or strings > MAX_SHARED_STRINGS or others > MAX_OTHER_PARTS:
        raise UnreadableUpload(TOO_BIG)


def _directory_bytes(file: IO[bytes]) -> int:
    """The size that the archive claims for its directory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise zipfile.BadZipFile
    return int(struct.unpack_from("<L", tail, end + 12)[0])


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()
