"""Which result rows are wanted: one frozen value and its SQL, the same for exports, results and search."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from shared.error_classes import ErrorClass


class Filters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """None and False choose nothing. Both ends of a range belong to it; times are those of the results."""

    success: bool | None = None
    error_class: ErrorClass | None = None
    has_store_name: bool = False
    has_contact: bool = False
    created_from: datetime | None = None
    created_to: datetime | None = None
    from_row: int | None = None
    to_row: int | None = None


class Condition(NamedTuple):
    """SQL on the result row `r`, without any text of a user, and the values of its parameters."""

    sql: str
    values: tuple[Any, ...]


def condition(wanted: Filters, first: int) -> Condition:
    """Its parameters are numbered from `first`."""
    valued = {
        "r.success = ${}::boolean": wanted.success,
        "r.error_class = ${}::text": wanted.error_class,
        "r.created_at >= ${}::timestamptz": wanted.created_from,
        "r.created_at <= ${}::timestamptz": wanted.created_to,
        "r.row_no >= ${}::bigint": wanted.from_row,
        "r.row_no <= ${}::bigint": wanted.to_row,
    }
    given = [(sql, value) for sql, value in valued.items() if value is not None]
    numbered = [sql.format(number) for number, (sql, _) in enumerate(given, first)]
    plain = [
        f"r.{column} <> ''"
        for column, is_wanted in (
            ("store_name", wanted.has_store_name),
            ("business_contact", wanted.has_contact),
        )
        if is_wanted
    ]
    return Condition(" and ".join([*numbered, *plain]) or "true", tuple(value for _, value in given))
