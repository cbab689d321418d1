"""Exports in the background: asked for, looked at, fetched, ended. The direct ones: export.py."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.gateway.api.ids import batch_id_of
from services.gateway.commands import NoFields
from services.gateway.context import Ctx
from services.gateway.errors import NotFound
from services.gateway.exporting.jobs import desk
from services.gateway.exporting.jobs.asked import ExportWanted
from services.gateway.exporting.jobs.file import file_of
from services.gateway.exporting.jobs.job import Job, told
from services.gateway.fields import idempotency_key
from services.gateway.json_body import json_body
from services.gateway.paging import Paged
from services.gateway.replies import polled, reply

router = APIRouter(prefix="/api/v1/exports", tags=["export"])


async def _export_id(export_id: Annotated[str, Path()]) -> UUID:
    """A malformed one is one that does not exist."""
    try:
        return UUID(export_id)
    except ValueError:
        raise NotFound(f"There is no export {export_id[:50]!r}.") from None


ExportId = Annotated[UUID, Depends(_export_id)]


@router.post("")
async def create_export(ctx: Ctx, request: Request) -> Response:
    """A file of any size; the reply says where to look. It holds the rows that there are when it is begun."""
    key = idempotency_key(request.headers.get("idempotency-key"))
    found = await desk.ask(ctx.pool, await json_body(request, ExportWanted), key)
    headers = {"Location": found.job.url, **_polling(found.job)}
    if not found.created:
        headers["Idempotent-Replayed"] = "true"
    return reply(told(found.job), "The export is made in the background", 202, headers)


@router.get("")
async def list_exports(ctx: Ctx, paged: Paged, batch_id: str | None = None) -> Response:
    """Newest first; of one batch where `batch_id` is sent."""
    of_batch = batch_id_of(batch_id) if batch_id else None
    jobs, total = await desk.read_page(ctx.pool, paged, of_batch)
    return reply({"exports": [told(job) for job in jobs], **paged.facts(len(jobs), total)})


@router.get("/{export_id}")
async def get_export(ctx: Ctx, export_id: ExportId, request: Request) -> Response:
    """How far it is, and once it is completed where its file is, how large, and its SHA-256."""
    job = await desk.read(ctx.pool, export_id)
    return polled(request, told(job), _polling(job))


@router.get("/{export_id}/file")
async def download_export(ctx: Ctx, export_id: ExportId, request: Request) -> Response:
    """The file, or one `Range` of it, to go on where a download broke. `ETag` is its SHA-256."""
    return await file_of(ctx, await desk.read(ctx.pool, export_id), request)


@router.post("/{export_id}/cancel")
async def cancel_export(ctx: Ctx, export_id: ExportId, request: Request) -> Response:
    await json_body(request, NoFields)
    return reply(told(await desk.cancel(ctx.pool, export_id)), "Export cancelled")


@router.delete("/{export_id}")
async def delete_export(ctx: Ctx, export_id: ExportId) -> Response:
    """In any state. Who asked for it may, and operators."""
    job = await desk.delete(ctx.pool, export_id)
    return reply({"export_id": job.export_id, "deleted": True}, "Export deleted")


def _polling(job: Job) -> dict[str, str]:
    return {"X-Polling-Interval": str(job.polling_interval)}
