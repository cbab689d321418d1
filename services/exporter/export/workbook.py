"""The file of an Excel workbook around the rows of its sheets. Rows and cells go without their address, which
readers count by themselves: to say it would be half of the file."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from services.exporter.export.columns import Kind
from shared.wire import CUT_MARK

# Of a cell, in UTF-16 units: Excel opens no file with a longer one.
_LONGEST_CELL = 32_767
# What XML can't hold. A carriage return would show as a code: lines in cells end with a line feed.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SCHEMA = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns="{_SCHEMA}/spreadsheetml/2006/main"'
_LINKS = f"{_SCHEMA}/officeDocument/2006/relationships"
_PACKAGE = f"{_SCHEMA}/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WIDTHS = {Kind.TEXT: 32, Kind.JSON: 32, Kind.ID: 38, Kind.TIME: 23}
_WIDTH = 12
# 1: a time; 2: of the header; 3: a text that was cut.
_CELL_STYLES = (
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>',
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>',
    '<xf numFmtId="0" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1"/>',
)
_FONTS = [f'<font>{kind}<sz val="11"/><name val="Calibri"/></font>' for kind in ("", "<b/>", "<i/>")]
STYLES = (
    f"{_XML}<styleSheet {_MAIN}>"
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts>'
    f'<fonts count="{len(_FONTS)}">{"".join(_FONTS)}</fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{len(_CELL_STYLES)}">{"".join(_CELL_STYLES)}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
).encode()
RELATIONS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
    f' Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
).encode()


def sheet_start(names: Sequence[str], kinds: Sequence[Kind]) -> bytes:
    """Up to its first row of data: the header stays in sight."""
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{_WIDTHS.get(kind, _WIDTH)}" customWidth="1"/>'
        for number, kind in enumerate(kinds, 1)
    )
    return (
        f'{_XML}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>"
    ).encode() + row(names, ' s="2"')


def sheet_end(columns: int, rows: int) -> bytes:
    """`rows` with the header."""
    return f'</sheetData><autoFilter ref="A1:{column_letters(columns)}{rows}"/></worksheet>'.encode()


def row(values: Iterable[Any], style: str = "") -> bytes:
    return f"<row>{''.join(_cell(value, style) for value in values)}</row>".encode()


def workbook(titles: Sequence[str]) -> bytes:
    sheets = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="rId{number}"/>'
        for number, title in enumerate(titles, 1)
    )
    return f'{_XML}<workbook {_MAIN} xmlns:r="{_LINKS}"><sheets>{sheets}</sheets></workbook>'.encode()


def workbook_relations(sheets: int) -> bytes:
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, sheets + 1)]
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate([*targets, ("styles", "styles.xml")], 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'.encode()


def content_types(sheets: int) -> bytes:
    parts = {"workbook": f"{_SHEET}.sheet.main+xml", "styles": f"{_SHEET}.styles+xml"} | {
        f"worksheets/sheet{number}": f"{_SHEET}.worksheet+xml" for number in range(1, sheets + 1)
    }
    overrides = "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{kind}"/>' for name, kind in parts.items()
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    ).encode()


def column_letters(number: int) -> str:
    """From 1: A to Z, AA and so on."""
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def text_of(text: str) -> str:
    """As a cell can hold it."""
    text = _UNPRINTABLE.sub("", text)
    if len(text) * 2 <= _LONGEST_CELL:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= _LONGEST_CELL * 2:
        return text
    return units[: (_LONGEST_CELL - len(CUT_MARK)) * 2].decode("utf-16-le", "ignore") + CUT_MARK


def _cell(value: Any, style: str) -> str:
    if isinstance(value, int | float):
        return f"<c{style}><v>{value}</v></c>"
    text = escape(text_of(str(value)), {"\n": "&#10;"})
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
