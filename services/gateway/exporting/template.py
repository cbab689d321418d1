"""The file to fill in and upload: a header and the document's three examples."""

import io
from functools import cache

from services.gateway.errors import ValidationError
from shared.exporting import Format

_ROWS = (
    "url",
    "https://example.com/image1.jpg",
    "https://example.com/image2.png",
    "https://example.com/image3.gif",
)
# On a sheet of their own: of a workbook the first sheet is read and nothing else.
_INSTRUCTIONS = (
    "Write the address of one picture in each row of the sheet Images, below url, instead of the examples.",
    "An address begins with http:// or https:// and can be opened without signing in.",
    "Add columns as you like: they come back beside the results, under their names.",
    "Every row gets one result. A row whose address is wrong gets a failed one that says why.",
    "Rows that are wholly empty are left out. Other sheets, this one too, are not read.",
    "A sheet holds 1,048,575 rows at most. Save more as CSV (UTF-8): with a header, one row a line.",
    "Save the workbook and upload it on the page, or send it to POST /api/v1/batches.",
)
_WIDTH = 100


def template_format(text: str) -> Format:
    """Raises ValidationError."""
    wanted = text.strip().lower() or Format.CSV
    if wanted not in (Format.CSV, Format.XLSX):
        raise ValidationError("The template's format is csv or xlsx: uploads are one of them.")
    return Format(wanted)


@cache
def template(kind: Format) -> bytes:
    return _workbook() if kind is Format.XLSX else "".join(f"{row}\n" for row in _ROWS).encode()


def _workbook() -> bytes:
    from openpyxl import Workbook  # a fifth of every gateway's start

    book, file = Workbook(write_only=True), io.BytesIO()
    for title, rows in (("Images", _ROWS), ("Instructions", _INSTRUCTIONS)):
        sheet = book.create_sheet(title)
        sheet.column_dimensions["A"].width = _WIDTH
        for row in rows:
            sheet.append([row])
    book.save(file)
    return file.getvalue()
