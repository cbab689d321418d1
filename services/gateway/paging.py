"""The one pagination: `per_page`, else `limit`, else a default, never more than there is a use for."""

from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query

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

    def facts(self, count: int, total: int) -> dict[str, Any]:
        """What every paged reply says: rows on this page, rows in all, the page, the pages."""
        return {"count": count, "total": total, "page": self.number, "pages": -(-total // self.size)}


def page_of(page: int, per_page: int | None, limit: int | None, default: int, most: int) -> Page:
    size = per_page if per_page is not None else limit if limit is not None else default
    return Page(page, min(size, most))


def _page(
    page: Annotated[int, Query(ge=1, le=_LAST_PAGE)] = 1,
    per_page: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int | None, Query(ge=1)] = None,
) -> Page:
    return page_of(page, per_page, limit, _DEFAULT, _MOST)


Paged = Annotated[Page, Depends(_page)]
