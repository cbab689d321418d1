"""Physical lines to records (lists of cells), by the csv module, with the recovery that it lacks."""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from services.gateway.reading.encoding import LINE_LIMIT

RECORD_LIMIT = 256 * 1024
"""Characters of a record of several lines: more than this is a quote that nobody closed."""

REREAD_LIMIT = 64 * 1024 * 1024
"""Characters that may be read twice in one file. Past this each physical line stands for itself, or a file of
opening quotes would be read once for each of its lines."""

# The limit belongs to the process, not to a reader; the default (128 Ki) is less than a row may have.
csv.field_size_limit(4 * LINE_LIMIT)


class Dialect(NamedTuple):
    """`delimiter` is NUL for a file of one column: no text that gets here has one."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None


class Broken(NamedTuple):
    """A physical line that could not be read, and why."""

    line: str
    reason: str


Record = list[str] | Broken
Placed = tuple[int, Record]
"""A record and the number, from 1, of the line of the file that it begins in."""


class _TooLong(csv.Error):
    pass


class Records:
    """Reads records that may span the blocks of lines it is fed. Wholly empty lines are no records."""

    def __init__(self, dialect: Dialect, first_line: int = 1) -> None:
        """`first_line` is the number of the first line that is read."""
        self._dialect = dialect
        self._first_line = first_line
        self._lines: list[str] = []
        self._at = 0
        self._size = 0
        self._reread = 0
        self._limit = RECORD_LIMIT
        self.mended = 0
        """Lines so far that break the rules of quoting (they were read leniently, or not at all)."""

    def read(self, lines: list[str], final: bool = False) -> Iterator[Placed]:
        """The records that end in `lines`; one still open is kept for the next call, unless `final`."""
        self._lines, self._at = self._lines + lines, 0
        begin = 0
        while begin < len(self._lines):
            self._at, self._size = begin, 0
            try:
                for record in self._reader():
                    start, begin, self._size = begin, self._at, 0
                    if record:
                        yield self._first_line + start, record
            except csv.Error as error:
                if self._at == len(self._lines) and not final and not isinstance(error, _TooLong):
                    break
                yield self._first_line + begin, self._recover(begin)
                begin += 1
        self._first_line += begin
        self._lines = self._lines[begin:]

    def _reader(self) -> Iterator[list[str]]:
        delimiter, quote, escape = self._dialect
        return csv.reader(
            self._source(),
            delimiter=delimiter,
            quotechar=quote,
            escapechar=escape,
            strict=True,
        )

    def _source(self) -> Iterator[str]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if self._size and self._size + len(line) > self._limit:
                raise _TooLong
            self._at += 1
            self._size += len(line)
            yield line

    def _recover(self, begin: int) -> Record:
        """Read the first line of a record that broke, for itself; the next one begins a new record."""
        self.mended += 1
        self._reread += self._size - len(self._lines[begin])
        if self._reread > REREAD_LIMIT:
            self._limit = 0
        return _alone(self._lines[begin], self._dialect)


def _alone(line: str, dialect: Dialect) -> Record:
    """One line read leniently, as spreadsheets do (`"a" b` is `a b`): unreadable if its quote stays open."""
    delimiter, quote, escape = dialect
    reader = csv.reader([line, ""], delimiter=delimiter, quotechar=quote, escapechar=escape)
    try:
        record = next(reader)
    except csv.Error as error:
        return Broken(line, f"This line could not be read: {error}.")
    if reader.line_num > 1:
        return Broken(line, "A quote is opened in this line and never closed.")
    return record
