"""Which rows and columns an export has: one frozen value, and its SQL."""

from collections.abc import Mapping
from typing import NamedTuple

_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class BadFilter(Exception):
    """The text says which parameter is wrong and what to give."""


class Filter(NamedTuple):
    metadata: bool = True
    success_only: bool = False
    failed_only: bool = False


def from_query(query: Mapping[str, str]) -> Filter:
    """Parameters that are no filter are ignored. Raises BadFilter."""
    given = {name: _flag(name, query[name]) for name in Filter._fields if query.get(name)}
    wanted = Filter(**given)
    if wanted.success_only and wanted.failed_only:
        raise BadFilter("success_only and failed_only exclude each other: give one of them")
    return wanted


def _flag(name: str, value: str) -> bool:
    try:
        return _WORDS[value.strip().lower()]
    except KeyError:
        raise BadFilter(f"{name} is true or false") from None


def condition(wanted: Filter) -> str:
    """A condition on the result row `r`; holds no text of the user."""
    if wanted.success_only:
        return "r.success"
    return "not r.success" if wanted.failed_only else "true"
