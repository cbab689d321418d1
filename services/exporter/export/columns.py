"""The columns of an export: their names, their kinds, and their SQL as cells of CSV, as JSON and as cells of
a workbook. Names of an upload's own columns are hostile: they stand in the header, guarded, and in SQL only
as a parameter: `given.names`, which has those of the export in order. Their cells are read once a row by
`own_join`, for what is made of a cell names it several times."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import NamedTuple

from shared.wire import CUT_MARK


class Kind(Enum):
    TEXT = auto()
    ID = auto()
    BOOLEAN = auto()
    WHOLE = auto()
    NUMBER = auto()
    TIME = auto()
    JSON = auto()


class Column(NamedTuple):
    kind: Kind
    sql: str


_RECORD = {
    "url": Column(Kind.TEXT, "r.url"),
    "success": Column(Kind.BOOLEAN, "r.success"),
    "store_image": Column(Kind.BOOLEAN, "r.store_image"),
    "text_content": Column(Kind.TEXT, "r.text_content"),
    "store_name": Column(Kind.TEXT, "r.store_name"),
    "business_contact": Column(Kind.TEXT, "r.business_contact"),
    "image_description": Column(Kind.TEXT, "r.image_description"),
    "error_message": Column(Kind.TEXT, "r.error_message"),
    "created_at": Column(Kind.TIME, "r.created_at"),
}
# `given.chunks` has the ids of the batch's chunks in order.
_METADATA = {
    "result_id": Column(Kind.ID, "exporter.result_id(r.batch_id, r.row_no)"),
    "batch_id": Column(Kind.ID, "r.batch_id"),
    "chunk_id": Column(Kind.ID, "given.chunks[r.chunk_no]"),
    "row_no": Column(Kind.WHOLE, "r.row_no"),
    "processing_time_seconds": Column(Kind.NUMBER, "r.processing_time_seconds"),
    "api_key_used": Column(Kind.TEXT, "r.api_key_used"),
    "cache_hit": Column(Kind.BOOLEAN, "r.cache_hit"),
    "gemini_model_used": Column(Kind.TEXT, "r.gemini_model_used"),
    "analysis_result": Column(Kind.JSON, "r.analysis_result"),
}
OURS = _RECORD | _METADATA
ERRORS = ("batch_id", "row_no", "url", "error_message", "created_at")
# Between a failed row's line for the sheet of results and that for the sheet of errors: no cell has it.
ALSO_FAILED = b"\x1f"
CUT_CELL = b'<c s="3" '
# The same rule as exporter.cell, for the header.
_RISKY = re.compile(
    r"[\u0001-\u0020\u007f-\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*[=+\-@\t\r]"
)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# What exporter.sheet_text mends. Bytes are at least as many as UTF-16 units.
_HARD = (
    "{0} ~ '[\\u0001-\\u0008\\u000b-\\u001f\\u007f\\ufffe\\uffff]|_x[[:xdigit:]]{{4}}_'"
    " or octet_length({0}) > 32767"
)
# A function of Postgres takes 100 arguments; a pair is four of them at most.
_PAIRS_AT_ONCE = 24
_ESCAPED = "replace(replace(replace(replace({}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), e'\\n', '&#10;')"


class UnknownColumns(Exception):
    """The text lists what there is."""


def names_of(wanted: Sequence[str] | None, metadata: bool, own: Iterable[str]) -> tuple[str, ...]:
    """The columns in order: the wanted ones, else ours and then the upload's own. Raises UnknownColumns."""
    own = tuple(own)
    if wanted is None:
        return (*(OURS if metadata else _RECORD), *own)
    if unknown := [name for name in wanted if name not in OURS and name not in own]:
        shown = ", ".join(repr(name[:50]) for name in unknown[:5])
        known = ", ".join([*OURS, *(name[:50] for name in own[:100])])
        raise UnknownColumns(f"There is no column {shown}. There are: {known}.")
    return tuple(wanted)


def kinds(names: Iterable[str]) -> list[Kind]:
    """A column of the upload is text."""
    return [OURS[name].kind if name in OURS else Kind.TEXT for name in names]


def header(names: Iterable[str]) -> bytes:
    """One line of CSV. Not COPY's own, which cuts names at 63 bytes and allows no empty one."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(guarded, names))
    return line.getvalue().encode()


def guarded(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula, made text."""
    return "'" + cell if _RISKY.match(cell) and not _NUMBER.fullmatch(cell) else cell


def cells(names: Sequence[str]) -> str:
    """The select list of a CSV."""
    return ", ".join(_cell(*column) for column in _columns(names))


def record(names: Sequence[str], json_as_text: bool = False) -> str:
    """SQL of a JSON object on one line."""
    pairs = [f"{key}, {_value(*column, json_as_text)}" for key, column in _keyed(names)]
    groups = (pairs[first : first + _PAIRS_AT_ONCE] for first in range(0, len(pairs), _PAIRS_AT_ONCE))
    parts = [f"concat({', '.join(group)})" for group in groups]
    return f"concat({', '.join(parts)}, '}}')"


def sheet_row(names: Sequence[str]) -> str:
    """SQL of a row of the sheet of results, on one line; where it failed, also of that of errors."""
    failed = _row(OURS[name] for name in ERRORS)
    return f"{_row(_columns(names))} || case when r.success then '' else e'\\x1f' || {failed} end"


def own_names(names: Iterable[str]) -> list[str]:
    """Those of the upload's own columns: `given.names`."""
    return [name for name in names if name not in OURS]


def own_join(names: Iterable[str]) -> str:
    """What `own.cN` comes from; `offset 0` keeps the planner from reading a cell wherever it is named."""
    reads = [f"r.extra ->> given.names[{n}] as c{n}" for n in range(1, len(own_names(names)) + 1)]
    return f"cross join lateral (select {', '.join(reads)} offset 0) as own" if reads else ""


def _columns(names: Iterable[str]) -> list[Column]:
    return [column for _, column in _keyed(names)]


def _keyed(names: Iterable[str]) -> Iterable[tuple[str, Column]]:
    """With the SQL of what stands before its value in a JSON object."""
    numbers = itertools.count(1)
    for name, lead in zip(names, itertools.chain("{", itertools.repeat(",")), strict=False):
        if name in OURS:
            yield f"""'{lead}"{name}":'""", OURS[name]
        else:
            number = next(numbers)
            yield f"'{lead}', to_json(given.names[{number}]), ':'", Column(Kind.TEXT, f"own.c{number}")


def _cell(kind: Kind, sql: str) -> str:
    """In CSV: true and false instead of Postgres' t and f; what a spreadsheet would run is made text."""
    match kind:
        case Kind.TEXT:
            return f"exporter.cell({sql})"
        case Kind.BOOLEAN:
            return f"{sql}::text"
        case Kind.TIME:
            return f"exporter.utc({sql})"
    return sql


def _value(kind: Kind, sql: str, json_as_text: bool) -> str:
    """As JSON, as arguments of concat: what needs no escapes goes without to_json, which looks up its type
    each time. Ids and times are never null. Stored JSON may have line breaks, between two tokens only."""
    match kind:
        case Kind.ID:
            return f"""'"', {sql}, '"'"""
        case Kind.TIME:
            return f"""'"', exporter.utc({sql}), '"'"""
        case Kind.BOOLEAN | Kind.WHOLE:
            return f"coalesce({sql}::text, 'null')"
        case Kind.JSON if json_as_text:
            return f"coalesce(to_json({sql}::text), 'null')"
        case Kind.JSON:
            return f"coalesce(replace(replace({sql}::text, e'\\n', ' '), e'\\r', ' '), 'null')"
    return f"coalesce(to_json({sql}), 'null')"


def _row(columns: Iterable[Column]) -> str:
    """A null is an empty cell."""
    written = ", ".join(_sheet_cell(*column) for column in columns)
    return f"'<row>' || array_to_string(array[{written}], '', '<c/>') || '</row>'"


def _sheet_cell(kind: Kind, sql: str) -> str:
    """Times are days since the last day of 1899."""
    match kind:
        case Kind.TEXT:
            return _sheet_text(sql)
        case Kind.JSON:
            return _sheet_text(f"{sql}::text")
        case Kind.ID:
            return f"""'<c t="inlineStr"><is><t>' || {sql} || '</t></is></c>'"""
        case Kind.BOOLEAN:
            return f"""'<c t="b"><v>' || {sql}::int || '</v></c>'"""
        case Kind.TIME:
            days = f"extract(epoch from {sql})::float8 / 86400 + 25569"
            return f"""'<c s="1"><v>' || ({days}) || '</v></c>'"""
    return f"'<c><v>' || {sql} || '</v></c>'"


def _sheet_text(sql: str) -> str:
    mended = f"exporter.sheet_text({sql}, '{CUT_MARK}')"
    # A text that was too long ends in the mark; it has a style of its own, by which it is counted.
    cut = f"octet_length({sql}) > 32767 and right({mended}, {len(CUT_MARK)}) = '{CUT_MARK}'"
    style = f"case when {cut} then '<c s=\"3\"' else '<c' end"
    rest = """ t="inlineStr"><is><t xml:space="preserve">"""
    return (
        f"case when {_HARD.format(sql)} then {style} || '{rest}' || {_ESCAPED.format(mended)}"
        f" || '</t></is></c>' else '<c{rest}' || {_ESCAPED.format(sql)} || '</t></is></c>' end"
    )
