"""The first page: every batch, live, and the upload of a new one."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.gateway.context import Context, Ctx
from services.gateway.dry_run import Preview
from services.gateway.listing import Wanted, read_page, status_filter
from services.gateway.pages import live
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

    def query(self, **changed: Any) -> str:
        """The address's query with some parts changed; empty parts are left out."""
        parts = {"status": self.status, "q": self.q, "page": self.page.number} | changed
        kept = {name: value for name, value in parts.items() if value and not (name == "page" and value == 1)}
        return "?" + urlencode(kept) if kept else "?"


@router.get("/")
async def dashboard(ctx: Ctx, paged: Paged, status: str = "", q: str = "") -> Response:
    wanted = Filter(status_filter(status), q.strip()[:200], paged)
    values = await _values(ctx, wanted)
    return page("dashboard.html", **values, statuses=list(Status), max_mb=ctx.settings.max_upload_mb)


@router.get("/events")
async def events(ctx: Ctx, paged: Paged, status: str = "", q: str = "") -> Response:
    wanted = Filter(status_filter(status), q.strip()[:200], paged)

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
    listing = await read_page(ctx.pool, wanted.page, Wanted(wanted.status, wanted.q or None))
    pages = -(-listing.total // wanted.page.size)
    return {"batches": listing.batches, "total": listing.total, "pages": pages, "wanted": wanted}
