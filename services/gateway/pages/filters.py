"""How pages say numbers, times and addresses (pure)."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from shared import price

NONE = "–"
_ABBREVIATED = {"api": "API", "dns": "DNS", "http": "HTTP", "mb": "MB", "url": "URL"}
_UNITS = ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"))


def number(value: float | None) -> str:
    """With thousands separators, one decimal at most."""
    if value is None:
        return NONE
    return f"{value:,.0f}" if value >= 100 or float(value).is_integer() else f"{value:,.1f}"


def dollars(micros: int) -> str:
    """In cents, and never 0.00 for something."""
    return "< 0.01" if 0 < micros < price.MICROS // 100 else f"{price.dollars(micros):,.2f}"


def size(count: int) -> str:
    """Of bytes; a MB has 2^20."""
    value = float(count)
    for unit in ("bytes", "KB", "MB"):
        if value < 1_024:
            return f"{number(round(value, 1))} {unit}"
        value /= 1_024
    return f"{number(round(value, 1))} GB"


def share(part: int, whole: int) -> str:
    """A percentage, rounded down, so that 100 is said of the whole only."""
    tenths = part * 1_000 // whole if whole else 0
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


def duration(seconds: float | None) -> str:
    """Two units at most: `4 min 12 s`."""
    if seconds is None:
        return NONE
    if 0 < seconds < 0.5:
        return "under 1 s"
    left = max(0, round(seconds))
    for (size, name), smaller in zip(_UNITS, [*_UNITS[1:], None], strict=True):
        if left >= size:
            rest = left % size // smaller[0] if smaller else 0
            return f"{left // size} {name}" + (f" {rest} {smaller[1]}" if smaller and rest else "")
    return "0 s"


def took(seconds: float) -> str:
    """How long one row was worked on: in milliseconds below a tenth of a second."""
    return f"{max(1, round(1_000 * seconds))} ms" if seconds < 0.1 else f"{number(seconds)} s"


def words(name: str) -> str:
    """Of `http_4xx` and the like: `HTTP 4xx`."""
    return " ".join(_ABBREVIATED.get(word, word) for word in name.split("_"))


def sentence(text: str) -> str:
    """`no row succeeded` as one that stands by itself."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def ago(then: datetime | None, now: datetime | None = None) -> str:
    """`3 min ago`, in one unit; `in 3 min` for what is to come."""
    if then is None:
        return NONE
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    text = _one_unit(abs(seconds))
    if text is None:
        return "just now" if seconds >= 0 else "in a moment"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


def _one_unit(seconds: float) -> str | None:
    for size, name in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}" + ("s" if name == "day" and count > 1 else "")
    return None


def exact(then: datetime | None) -> str:
    return then.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if then else NONE


def machine(then: datetime | None) -> str:
    """For the `datetime` attribute."""
    return then.astimezone(UTC).isoformat().replace("+00:00", "Z") if then else ""


def shown_picture(url: str) -> str | None:
    """The address to load a picture from: http and https only, as it may be anything that a file held."""
    try:
        parts = urlsplit(url.strip())
        return url.strip() if parts.scheme.lower() in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def short_url(url: str, length: int = 70) -> str:
    """Its host and the end of its path: where rows of one file differ."""
    text = url.strip().partition("://")[2] or url.strip()
    return text if len(text) <= length else f"{text[: length // 3]}…{text[-(length - length // 3 - 1) :]}"
