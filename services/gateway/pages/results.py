"""The results on a batch's page: filtered as exports are, a page at a time, and their part of it alone."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.gateway.api.ids import BatchId
from services.gateway.chunks import advice_for
from services.gateway.context import Context, Ctx
from services.gateway.filters import Asked, applied, asked_of, filters_of
from services.gateway.pages.render import page
from services.gateway.paging import Page, Paged, cursor_of
from services.gateway.results import Found, Place, is_counted, place_of, read_results
from services.gateway.snapshot import Snapshot, one_snapshot, read_batch
from shared.filters import Filters

router = APIRouter(include_in_schema=False)
# What most people look for, in the words of the page.
_CHOICES = (
    ("all", Asked()),
    ("succeeded", Asked(success_only=True)),
    ("failed", Asked(failed_only=True)),
    ("with a name", Asked(has_store_name=True)),
    ("with a contact", Asked(has_contact=True)),
)


class View(msgspec.Struct, frozen=True):
    """What the page's address asks for."""

    asked: Asked
    wanted: Filters
    place: Place

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Word, query of the address, whether it is the present one."""
        return [(word, query_of(asked), asked == self.asked) for word, asked in _CHOICES]

    @property
    def filter(self) -> str:
        return query_of(self.asked)

    @property
    def query(self) -> str:
        """This very view."""
        cursor = "" if self.place.after is None else cursor_of(self.place.after)
        return query_of(self.asked, self.place.page.number, cursor)

    @property
    def page(self) -> Page:
        return self.place.page

    def numbered(self, number: int) -> str:
        return query_of(self.asked, number)

    def behind(self, row: int) -> str:
        return query_of(self.asked, cursor=cursor_of(row))


def query_of(asked: Asked, page: int = 1, cursor: str = "") -> str:
    """Of the address; "" where nothing is asked."""
    said = {name: "true" if value is True else value for name, value in applied(asked).items()}
    if page > 1:
        said["page"] = page
    if cursor:
        said["cursor"] = cursor
    return "?" + urlencode(said) if said else ""


async def _view(request: Request, paged: Paged, cursor: str | None = None) -> View:
    asked = asked_of(request.query_params)
    return View(asked, filters_of(asked), place_of(paged, cursor))


Viewed = Annotated[View, Depends(_view)]


@router.get("/batch/{batch_id}/results")
async def results(ctx: Ctx, batch_id: BatchId, view: Viewed) -> Response:
    """What the page puts in the place of its results when another view of them, or news, is wanted."""
    return page("_results.html", **await results_values(ctx, await read_batch(ctx.pool, batch_id), view))


async def results_values(ctx: Context, batch: Snapshot, view: View) -> dict[str, Any]:
    """What the template needs. Raises ValidationError for a page that can only be reached by a cursor."""
    async with one_snapshot(ctx.pool) as connection:
        found = await read_results(connection, batch, view.wanted, view.place)
    rows = [
        {**row, "advice": advice_for(row["error_class"]) if row["error_class"] else None}
        for row in found.rows
    ]
    return {
        "batch": batch,
        "results": rows,
        "view": view,
        "counts": {"all": batch.processed, "succeeded": batch.successful, "failed": batch.failed},
        "total": found.total,
        "next": _next(view, found),
    }


def _next(view: View, found: Found) -> str | None:
    """The query of the following page; by number where pages have one."""
    if found.after is None:
        return None
    by_number = is_counted(view.wanted) and view.place.after is None
    return view.numbered(view.page.number + 1) if by_number else view.behind(found.after)
