"""How a file is written: its delimiter and its quoting, told from a sample of its lines. The first line
decides which delimiters there can be (addresses often hold commas), the others which of these it is."""

from collections.abc import Sequence

from services.gateway.reading.header import looks_like_url
from services.gateway.reading.records import Broken, Dialect, Records

DELIMITERS = (",", ";", "\t", "|")
ONE_COLUMN = "\0"

_DOUBLED = ('"', None)
_BACKSLASHED = ('"', "\\")
_APOSTROPHES = ("'", None)

Score = tuple[float, float, float, float]


def choose(lines: Sequence[str]) -> Dialect:
    """The dialect under which the sample is most like a table; the earlier one of equals."""
    # Where there are quotes, apostrophes are none: read as quotes they would hide what is wrong with these.
    other = _BACKSLASHED if any('"' in line for line in lines) else _APOSTROPHES
    dialects = [Dialect(d, *quoting) for d in (*DELIMITERS, ONE_COLUMN) for quoting in (_DOUBLED, other)]
    scored = [(score, dialect) for dialect in dialects if (score := _score(lines, dialect)) is not None]
    split = [pair for pair in scored if pair[1].delimiter != ONE_COLUMN]
    return max(split or scored, key=lambda pair: pair[0], default=((), Dialect(ONE_COLUMN)))[1]


def _score(lines: Sequence[str], dialect: Dialect) -> Score | None:
    """Better is higher: lines that keep the rules, rows as wide as the first, addresses found, and these
    short (in `http://a;b,c` the wrong delimiter leaves the next cell on the address). None: nothing split."""
    reader = Records(dialect)
    records = [record for _, record in reader.read(list(lines)) if not isinstance(record, Broken)]
    if not records or (len(records[0]) < 2 and dialect.delimiter != ONE_COLUMN):
        return None
    as_wide = sum(len(record) == len(records[0]) for record in records) / len(records)
    urls = [next((cell for cell in record if looks_like_url(cell)), None) for record in records]
    found = [url for url in urls if url is not None]
    return -reader.mended, as_wide, len(found) / len(records), -sum(map(len, found))
