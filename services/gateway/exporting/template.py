"""The file to fill in and upload: a header and the document's three examples."""

import io
from functools import cache

from services.gateway.errors import ValidationError
from services.gateway.exporting.asked import format_of
from shared.exporting import Format

_ROWS = (
    "url",
    "https://example.com/image1.jpg",
    "https://example.com/image2.png",
    "https://example.com/image3.gif",
)


def template_format(text: str) -> Format:
    """Raises ValidationError."""
    if (wanted := format_of(text)) is Format.JSON:
        raise ValidationError("The template's format is csv or xlsx: uploads are one of them.")
    return wanted


@cache
def template(kind: Format) -> bytes:
    return _workbook() if kind is Format.XLSX else "".join(f"{row}\n" for row in _ROWS).encode()


def _workbook() -> bytes:
    from openpyxl import Workbook  # a fifth of every gateway's start

    book, file = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("Images")
    for row in _ROWS:
        sheet.append([row])
    book.save(file)
    return file.getvalue()
