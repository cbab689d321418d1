"""What a client asks of result rows (pure): from a query or a JSON body to one frozen value."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from services.gateway.errors import ValidationError
from services.gateway.fields import boolean
from shared.error_classes import ErrorClass
from shared.filters import Filters

_LONGEST_NUMBER = 12
DAY_START, DAY_END = time(tzinfo=UTC), time.max.replace(tzinfo=UTC)


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The filters by the names that clients give them. False filters nothing."""

    success_only: bool = False
    failed_only: bool = False
    start_date: str | None = None
    end_date: str | None = None
    has_store_name: bool = False
    has_contact: bool = False
    error_class: str | None = None
    from_row: int | None = None
    to_row: int | None = None


NAMES = Asked.__struct_fields__
_FLAGS = frozenset({"success_only", "failed_only", "has_store_name", "has_contact"})
_NUMBERS = frozenset({"from_row", "to_row"})


def asked_of(query: Mapping[str, str]) -> Asked:
    """Parameters that are no filter or empty are left out. Raises ValidationError."""
    given = {name: query[name].strip() for name in NAMES if query.get(name, "").strip()}
    return msgspec.convert({name: _value(name, text) for name, text in given.items()}, Asked)


def filters_of(asked: Asked) -> Filters:
    """Raises ValidationError for what is wrong or contradicts itself."""
    if asked.success_only and asked.failed_only:
        raise ValidationError("success_only and failed_only exclude each other. Send one of them.")
    if asked.success_only and asked.error_class:
        raise ValidationError("success_only and error_class exclude each other. Send one of them.")
    wanted = Filters(
        success=True if asked.success_only else False if asked.failed_only else None,
        error_class=_error_class(asked.error_class),
        has_store_name=asked.has_store_name,
        has_contact=asked.has_contact,
        created_from=moment("start_date", asked.start_date, DAY_START),
        created_to=moment("end_date", asked.end_date, DAY_END),
        from_row=_row("from_row", asked.from_row),
        to_row=_row("to_row", asked.to_row),
    )
    _in_order("start_date", wanted.created_from, "end_date", wanted.created_to)
    _in_order("from_row", wanted.from_row, "to_row", wanted.to_row)
    return wanted


def applied(asked: Asked) -> dict[str, Any]:
    """What was asked for and chooses rows, by its names."""
    found: dict[str, Any] = msgspec.to_builtins(asked)
    return found


def _value(name: str, text: str) -> bool | int | str:
    if name in _FLAGS:
        return boolean(name, text)
    if name not in _NUMBERS:
        return text
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise ValidationError(f"{name} is the number of a row, from 1, not {text[:50]!r}.")
    return int(text)


def _row(name: str, number: int | None) -> int | None:
    if number is not None and not 1 <= number < 10**_LONGEST_NUMBER:
        raise ValidationError(f"{name} is the number of a row, from 1.")
    return number


def _error_class(name: str | None) -> ErrorClass | None:
    if not name:
        return None
    try:
        return ErrorClass(name.lower())
    except ValueError:
        raise ValidationError(f"error_class is one of {', '.join(ErrorClass)}, not {name[:50]!r}.") from None


def moment(name: str, text: str | None, of_day: time) -> datetime | None:
    """A bare date is the whole UTC day; a time without a zone is UTC."""
    if not text:
        return None
    try:
        if len(text) == len("2025-11-01"):
            return datetime.combine(date.fromisoformat(text), of_day)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValidationError(
            f"{name} is a date or time (ISO 8601), as 2025-11-01 or 2025-11-01T10:30:00Z, not {text[:50]!r}."
        ) from None


def _in_order(low_name: str, low: Any, high_name: str, high: Any) -> None:
    if low is not None and high is not None and low > high:
        raise ValidationError(f"{low_name} is after {high_name}: no row fits. Exchange them.")
