"""The form fields of an upload (pure): what they mean, and what is wrong with them."""

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePosixPath
from typing import NamedTuple

from services.gateway.errors import ValidationError
from services.gateway.priority import Priority, priority_named
from shared.price import MICROS
from shared.wire import clean_text

# A chunk costs a row and a place in lists, and a full export names the ids of all of them in its statement.
_MOST_CHUNKS = 20_000
NAME_LENGTH = 200
_KEY_LENGTH = 255
_KNOWN = (
    "batch_name", "auto_start", "chunk_size", "priority", "region", "force_refresh", "max_cost", "dry_run",
)  # fmt: skip
_DOLLARS = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


class Wanted(NamedTuple):
    """What the sender asked for. `region` is where phone numbers without a country code are from; with
    `force_refresh` no answer from before the upload is reused; `max_cost` in micro-dollars, None: no limit; a
    dry run only tells what would be."""

    name: str
    filename: str
    auto_start: bool
    chunk_size: int
    region: str
    priority: Priority
    force_refresh: bool
    max_cost: int | None
    dry_run: bool


def wanted_of(fields: Mapping[str, str], filename: str, chunk_size: int, region: str) -> Wanted:
    """`chunk_size` and `region` are the defaults. Raises ValidationError, also for unknown fields."""
    _refuse_unknown(fields)
    given = {name: value.strip() for name, value in fields.items() if value.strip()}
    filename = one_line(filename.replace("\\", "/").rpartition("/")[2]) or "upload.csv"
    return Wanted(
        name=one_line(given.get("batch_name", "")) or _stem(filename),
        filename=filename,
        auto_start=boolean("auto_start", given.get("auto_start", "true")),
        chunk_size=_chunk_size(given.get("chunk_size", str(chunk_size))),
        region=_region(given.get("region", region)),
        priority=priority_named(given.get("priority", Priority.NORMAL)),
        force_refresh=boolean("force_refresh", given.get("force_refresh", "false")),
        max_cost=max_cost_of(given["max_cost"]) if "max_cost" in given else None,
        dry_run=boolean("dry_run", given.get("dry_run", "false")),
    )


def refuse_tiny_chunks(rows: int, chunk_size: int) -> None:
    """Raises ValidationError for more than 20,000 chunks; 1,000 rows a chunk fit the largest file."""
    if rows > chunk_size * _MOST_CHUNKS:
        raise ValidationError(
            f"chunk_size {chunk_size:,} would cut {rows:,} rows into more than {_MOST_CHUNKS:,} chunks."
            f" The least chunk_size for this file is {-(-rows // _MOST_CHUNKS):,}."
        )


def boolean(name: str, value: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ValidationError(f"{name} is true or false, not {value[:50]!r}.")


def fingerprint(sha256: str, fields: Mapping[str, str]) -> bytes:
    """Of the file's content and the sorted fields: what makes two requests the same (rule 12)."""
    return hashlib.sha256(json.dumps([sha256, sorted(fields.items())]).encode()).digest()


def idempotency_key(header: str | None) -> str | None:
    if header is None:
        return None
    if not (0 < len(header) <= _KEY_LENGTH and header.isascii() and header.isprintable()):
        raise ValidationError(f"Idempotency-Key is 1 to {_KEY_LENGTH} visible ASCII characters.")
    return header


def _refuse_unknown(fields: Mapping[str, str]) -> None:
    unknown = ", ".join(repr(name[:50]) for name in fields if name not in _KNOWN)
    if unknown:
        raise ValidationError(f"The form has unknown fields: {unknown}. Known are file, {', '.join(_KNOWN)}.")


def _chunk_size(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 4 and 1 <= int(value) <= 2000):
        raise ValidationError(f"chunk_size is a whole number from 1 to 2000, not {value[:50]!r}.")
    return int(value)


def _region(value: str) -> str:
    if not (len(value) == 2 and value.isascii() and value.isalpha()):
        raise ValidationError(f"region is a country's two-letter code such as US, not {value[:50]!r}.")
    return value.upper()


def max_cost_of(value: str) -> int:
    """In micro-dollars. No float: 0.1 of one is not a tenth of a dollar."""
    micros = int(Decimal(value) * MICROS) if _DOLLARS.fullmatch(value) else 0
    if micros < 1:
        raise ValidationError(
            f"max_cost is a sum in US dollars above 0, such as 12.50, not {value[:50]!r}. Leave it out for no"
            " limit."
        )
    return micros


def one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in clean_text(text))
    return " ".join(printable.split())[:NAME_LENGTH]


def _stem(filename: str) -> str:
    name = filename.removesuffix(".gz")
    return PurePosixPath(name).stem or filename
