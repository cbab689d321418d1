"""The list of batches: which ones, in which order, and the page of it that was asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.gateway.errors import ValidationError
from services.gateway.fields import boolean
from services.gateway.filters import DAY_END, DAY_START, moment
from services.gateway.paging import Moment, Page, cursor_of, parts_of
from services.gateway.snapshot import Snapshot, one_snapshot, read_batches
from services.gateway.status import Status
from shared.postgres import Pool, statements_beside
from shared.wire import clean_text

_SQL = statements_beside(__file__)
NEWEST = "-created_at"
_ORDERS = {
    NEWEST: "created_at desc, batch_id",
    "created_at": "created_at, batch_id desc",
    "name": "lower(name), created_at desc, batch_id",
    "-name": "lower(name) desc, created_at desc, batch_id",
    "status": "status, created_at desc, batch_id",
    "-status": "status desc, created_at desc, batch_id",
}
# What lies behind a cursor's batch, $8 and $9: along the index of the newest, forwards or backwards.
_BEHIND = {
    NEWEST: "created_at <= $8 and (created_at < $8 or batch_id > $9::uuid)",
    "created_at": "created_at >= $8 and (created_at > $8 or batch_id < $9::uuid)",
}

# Of any status: neither join is needed, and the page comes from the index. Of one: they are done once.
_ANY_STATUS = {"materialized": "not materialized", "status": "$1::text is null"}
_ONE_STATUS = {"materialized": "materialized", "status": "status = $1::text"}


class Wanted(NamedTuple):
    """Which batches, in which order. `text` is looked for in the names; both dates belong to the range."""

    status: Status | None = None
    text: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    include_soft_deleted: bool = False
    sort: str = NEWEST


class Behind(NamedTuple):
    """The batch behind which a page begins."""

    created_at: datetime
    batch_id: UUID


class Listing(NamedTuple):
    """One page, and how many there are on all."""

    batches: list[Snapshot]
    total: int


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """Empty parameters are left out. Raises ValidationError."""
    given = {name: value.strip() for name, value in query.items() if value.strip()}
    sort = given.get("sort", NEWEST).lower()
    if sort not in _ORDERS:
        raise ValidationError(f"sort is one of {', '.join(_ORDERS)}, not {sort[:50]!r}.")
    return Wanted(
        status=status_filter(given.get("status")),
        text=given.get("q", given.get("text")),
        created_from=moment("created_from", given.get("created_from"), DAY_START),
        created_to=moment("created_to", given.get("created_to"), DAY_END),
        include_soft_deleted=boolean("include_soft_deleted", given.get("include_soft_deleted", "false")),
        sort=sort,
    )


def status_filter(status: str | None) -> Status | None:
    """Any case; None for no filter."""
    if not status:
        return None
    try:
        return Status(status.lower())
    except ValueError:
        known = ", ".join(Status)
        raise ValidationError(f"status is one of {known}, not {status[:50]!r}.") from None


def behind_of(cursor: str | None, page: Page, sort: str) -> Behind | None:
    """Raises ValidationError."""
    if cursor is None:
        return None
    if page.number > 1:
        raise ValidationError("page and cursor exclude each other. Send one of them.")
    if sort not in _BEHIND:
        raise ValidationError(
            f"A cursor needs the order {' or '.join(_BEHIND)}. With sort={sort}, send page."
        )
    return Behind(*parts_of(cursor, tuple[Moment, UUID]))


def next_cursor(wanted: Wanted, page: Page, batches: list[Snapshot]) -> str | None:
    """None at the end, and in an order that has no cursors."""
    if len(batches) < page.size or wanted.sort not in _BEHIND:
        return None
    return cursor_of(batches[-1].created_at, batches[-1].batch_id)


async def read_page(pool: Pool, page: Page, wanted: Wanted, behind: Behind | None = None) -> Listing:
    query = _SQL["batches_page"].format(
        order=_ORDERS[wanted.sort],
        behind=_BEHIND.get(wanted.sort, "$9::uuid is null"),
        **(_ANY_STATUS if wanted.status is None else _ONE_STATUS),
    )
    text = clean_text(wanted.text) if wanted.text else None
    dates = wanted.created_from, wanted.created_to
    offset = 0 if behind else page.offset
    async with one_snapshot(pool) as connection:
        row = await connection.fetchrow(
            query,
            wanted.status,
            text,
            *dates,
            wanted.include_soft_deleted,
            page.size,
            offset,
            *(behind or (None, None)),
        )
        return Listing(await read_batches(connection, row["ids"]), row["total"])
