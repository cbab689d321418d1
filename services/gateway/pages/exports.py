"""Exports in the background: all of them, and those of one batch on its page."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.gateway.api.exports import ExportId, download_export
from services.gateway.api.ids import batch_id_of
from services.gateway.context import Context, Ctx
from services.gateway.errors import BatchStateError
from services.gateway.exporting.jobs import desk
from services.gateway.exporting.jobs.asked import ExportWanted
from services.gateway.forms import field, read_form
from services.gateway.pages import live
from services.gateway.pages.render import page, text
from services.gateway.paging import Page, Paged

router = APIRouter(include_in_schema=False)
_OF_BATCH = Page(1, 5)
_EVERY_SECONDS = 1.0


class Ending(StrEnum):
    CANCEL = "cancel"
    DELETE = "delete"


@router.get("/exports")
async def exports_page(ctx: Ctx, paged: Paged) -> Response:
    return page("exports.html", **await _values(ctx, paged, None))


@router.get("/exports/events")
async def events(ctx: Ctx, paged: Paged, batch_id: str | None = None) -> Response:
    """The part of a page that changes, while something is being made."""
    of_batch = batch_id_of(batch_id) if batch_id else None

    async def parts() -> live.Parts:
        values = await _values(ctx, _OF_BATCH if of_batch else paged, of_batch)
        active = any(job.status.is_active for job in values["exports"])
        return {"exports": text("_exports.html", **values), **({} if active else {live.ENDED: "all"})}

    return live.stream(ctx.hub, of_batch, parts, _EVERY_SECONDS)


@router.post("/exports")
async def create(ctx: Ctx, request: Request) -> Response:
    """Of one batch, from its page."""
    form = await read_form(request.receive)
    wanted = ExportWanted(batch_id=field(form, "batch_id"), format=field(form, "format"))
    made = await desk.ask(ctx.pool, wanted, None)
    return RedirectResponse(f"/batch/{made.job.batch_id}#exports", 303)


@router.get("/exports/{export_id}/file")
async def file(ctx: Ctx, export_id: ExportId, request: Request) -> Response:
    return await download_export(ctx, export_id, request)


@router.post("/exports/{export_id}/{ending}")
async def end(ctx: Ctx, export_id: ExportId, ending: Ending, request: Request) -> Response:
    """Back to the page where the button is. A cancel that came too late shows in it."""
    of_batch = field(await read_form(request.receive), "batch_id")
    try:
        await (desk.cancel if ending is Ending.CANCEL else desk.delete)(ctx.pool, export_id)
    except BatchStateError:
        pass
    return RedirectResponse(f"/batch/{batch_id_of(of_batch)}#exports" if of_batch else "/exports", 303)


async def exports_of(ctx: Context, batch_id: UUID) -> dict[str, Any]:
    """Of one batch, the newest few."""
    return await _values(ctx, _OF_BATCH, batch_id)


async def _values(ctx: Context, paged: Page, batch_id: UUID | None) -> dict[str, Any]:
    jobs, total = await desk.read_page(ctx.pool, paged, batch_id)
    return {"exports": jobs, "exports_total": total, "exports_page": paged, "exports_batch": batch_id}
