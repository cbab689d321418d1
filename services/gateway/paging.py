"""The one pagination: `per_page`, else `limit`, else a default, never more than there is a use for."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from fastapi import Depends, Query

from services.gateway.errors import ValidationError

T = TypeVar("T")
# Parts of cursors, within what Postgres can compare.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
RowNo = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_DEFAULT = 50
_MOST = 100
_LAST_PAGE = 1_000_000


class Page(NamedTuple):
    """`number` from 1; `size` rows a page."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def facts(self, count: int, total: int | None) -> dict[str, Any]:
        """What every paged reply says: rows on this page, rows in all (None: not counted), the page, the
        pages."""
        pages = None if total is None else -(-total // self.size)
        return {"count": count, "total": total, "page": self.number, "pages": pages}


def page_of(page: int, per_page: int | None, limit: int | None, default: int, most: int) -> Page:
    size = per_page if per_page is not None else limit if limit is not None else default
    return Page(page, min(size, most))


async def _page(
    page: Annotated[int, Query(ge=1, le=_LAST_PAGE)] = 1,
    per_page: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int | None, Query(ge=1)] = None,
) -> Page:
    return page_of(page, per_page, limit, _DEFAULT, _MOST)


Paged = Annotated[Page, Depends(_page)]


def cursor_of(*parts: Any) -> str:
    """A place in a list, for the client to hand back as it is."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def parts_of(cursor: str, kind: type[T]) -> T:
    """What `cursor_of` was given, as a tuple of the type `kind`. Raises ValidationError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise ValidationError("cursor is the next_cursor of the page before, as it came.") from error
