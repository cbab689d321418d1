"""The first page: every batch, live, and the upload of a new one."""

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.gateway.context import Context, Ctx
from services.gateway.dry_run import Preview
from services.gateway.fields import boolean
from services.gateway.listing import Wanted, read_page, status_filter
from services.gateway.pages import live
from services.gateway.pages.bulk import OFFERED
from services.gateway.pages.render import page, text
from services.gateway.paging import Page, Paged
from services.gateway.replies import json_reply
from services.gateway.status import Status

router = APIRouter(include_in_schema=False)


class Filter(msgspec.Struct, frozen=True):
    """What the address of the list asks for."""

    status: Status | None
    q: str
    page: Page
    deleted: bool

    def query(self, **changed: Any) -> str:
        """The address's query with some parts changed; empty parts are left out."""
        asked = {"status": self.status, "q": self.q, "page": self.page.number, "deleted": self.deleted}
        parts = asked | changed
        kept = {name: value for name, value in parts.items() if value and not (name == "page" and value == 1)}
        said = {name: "true" if value is True else value for name, value in kept.items()}
        return "?" + urlencode(said) if said else "?"


async def _filter(paged: Paged, status: str = "", q: str = "", deleted: str = "") -> Filter:
    return Filter(status_filter(status), q.strip()[:200], paged, boolean("deleted", deleted or "false"))


Filtered = Annotated[Filter, Depends(_filter)]


@router.get("/")
async def dashboard(ctx: Ctx, wanted: Filtered) -> Response:
    values = await _values(ctx, wanted)
    return page(
        "dashboard.html", **values, statuses=list(Status), offered=OFFERED, max_mb=ctx.settings.max_upload_mb
    )


@router.get("/events")
async def events(ctx: Ctx, wanted: Filtered) -> Response:
    async def parts() -> live.Parts:
        return {"list": text("_list.html", **await _values(ctx, wanted))}

    return live.stream(ctx.hub, None, parts)


@router.post("/upload")
async def upload(ctx: Ctx, request: Request) -> Response:
    """The same as the API's, for a form: to the new batch's page."""
    submitted = await ctx.handler.upload(request)
    if isinstance(submitted, Preview):
        return json_reply(submitted.body)
    batch_id = msgspec.json.decode(submitted.body)["data"]["batch_id"]
    return RedirectResponse(f"/batch/{batch_id}", 303)


async def _values(ctx: Context, wanted: Filter) -> dict[str, Any]:
    listing = await read_page(
        ctx.pool, wanted.page, Wanted(wanted.status, wanted.q or None, include_soft_deleted=wanted.deleted)
    )
    pages = -(-listing.total // wanted.page.size)
    return {"batches": listing.batches, "total": listing.total, "pages": pages, "wanted": wanted}
