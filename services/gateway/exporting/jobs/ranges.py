"""Which bytes of a file a request asks for (pure): one range, as RFC 9110 has it."""

import re
from typing import NamedTuple

_ONE = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.ASCII | re.IGNORECASE)


class Part(NamedTuple):
    """Bytes `start` to `end`, without `end`."""

    start: int
    end: int


class Unsatisfiable(Exception):
    """No byte of the file is in the range."""


def part_of(header: str, if_range: str, size: int, tag: str) -> Part | None:
    """None stands for the whole file: no range, one of another unit, several, or one of another file than
    that with this strong tag (a date is no tag). Raises Unsatisfiable."""
    found = _ONE.fullmatch(header.strip())
    if found is None or (if_range and if_range.strip() != tag):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        part = Part(max(0, size - int(last)), size)
    else:
        if last and int(last) < int(first):
            return None
        part = Part(int(first), min(size, int(last) + 1) if last else size)
    if part.start >= part.end:
        raise Unsatisfiable
    return part
