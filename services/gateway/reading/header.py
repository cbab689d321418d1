"""Which column holds the addresses, whether there is a header, and what the other columns are called."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from services.gateway.reading.errors import UnreadableUpload

MAX_COLUMNS = 1_000
"""Of an upload. A row with more is unreadable: each further cell would name a column for the whole batch."""

HEADER_LIMIT = 256 * 1024
"""Characters: less than a line that was cut has, so no name is lost in silence."""

NAME_LIMIT = 100
"""Characters of a column's name. Every slice carries all names: with these limits at most 0.5 MB of JSON."""

URL_NAMES = ("url", "imageurl", "link", "image", "src")
"""Names of the column with the addresses, the first found wins; case, spaces and underscores don't matter."""

OUR_COLUMNS = frozenset({
    "url", "success", "store_image", "text_content", "store_name", "business_contact", "image_description",
    "error_message", "created_at", "result_id", "batch_id", "chunk_id", "row_no", "processing_time_seconds",
    "api_key_used", "cache_hit", "gemini_model_used", "analysis_result",
})  # fmt: skip
"""The columns of an export that are not the upload's."""

_URL = re.compile(r"\s*https?://[^\s/]", re.IGNORECASE)


class Layout(NamedTuple):
    """Where the address stands, the header if there is one, and the columns of the first line."""

    url_index: int
    header: tuple[str, ...] | None
    width: int


def looks_like_url(cell: str) -> bool:
    return _URL.match(cell) is not None


def layout_of(first: Sequence[str] | None, sample: Sequence[Sequence[str]]) -> Layout:
    """From the first record (None: it was unreadable, so it is no header) and a sample that includes it."""
    width = max((len(record) for record in ([first] if first else sample)), default=1)
    if width > MAX_COLUMNS:
        raise UnreadableUpload(f"The first line has {width:,} columns. Send at most {MAX_COLUMNS:,}.")
    url_index = _by_name(first or ())
    if url_index is None:
        url_index = _by_content(sample, width)
    named = first is not None and not looks_like_url(_cell(first, url_index))
    if first and named and sum(map(len, first)) > HEADER_LIMIT:
        raise UnreadableUpload("The header is too long. Give the columns short names.")
    return Layout(url_index, tuple(first) if first and named else None, width)


def extra_names(layout: Layout, widest: int) -> tuple[str, ...]:
    """Unique names of all columns but the address, in order, up to the widest row of the file."""
    header = layout.header or ()
    names = [_cell(header, i) for i in range(max(widest, layout.width))]
    named = [_safe_name(name, i + 1) for i, name in enumerate(names) if i != layout.url_index]
    return tuple(_unique(named))


def _by_name(first: Sequence[str]) -> int | None:
    plain = [re.sub(r"[\s_]+", "", name).lower() for name in first]
    return next((plain.index(name) for name in URL_NAMES if name in plain), None)


def _by_content(sample: Sequence[Sequence[str]], width: int) -> int:
    urls: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    for record in sample:
        filled.update(i for i, cell in enumerate(record) if cell)
        urls.update(i for i, cell in enumerate(record) if looks_like_url(cell))
    mostly = [i for i in sorted(urls) if urls[i] * 2 >= filled[i]]
    if mostly or urls:
        return (mostly or sorted(urls))[0]
    if width == 1:
        return 0
    raise UnreadableUpload(
        "No column holds addresses. Send a CSV file in which one column is called url and holds the addresses"
        " of the pictures, each beginning with http:// or https://."
    )


def _cell(record: Sequence[str], index: int) -> str:
    return record[index] if index < len(record) else ""


def _safe_name(name: str, position: int) -> str:
    words = ("".join(filter(str.isprintable, word)) for word in name.split())
    name = " ".join(filter(None, words))[:NAME_LIMIT] or f"column_{position}"
    return f"input_{name}" if name.lower() in OUR_COLUMNS else name


def _unique(names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        fresh, number = name, 1
        while fresh in seen:
            number += 1
            fresh = f"{name}_{number}"
        seen.add(fresh)
        yield fresh
