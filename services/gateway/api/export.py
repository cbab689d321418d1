"""Downloads, streamed through from the exporter, and what can be known before one."""

from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway import timing
from services.gateway.api.ids import BatchId
from services.gateway.context import Ctx
from services.gateway.exporting import asked, made
from services.gateway.exporting.formats import formats
from services.gateway.exporting.sizes import estimated_mb
from services.gateway.exporting.template import template, template_format
from services.gateway.exporting.upstream import download, fetched
from services.gateway.filters import applied, asked_of
from services.gateway.json_body import json_body
from services.gateway.replies import reply
from services.gateway.snapshot import Snapshot, read_batch
from shared.exporting import MEDIA_TYPES, Format
from shared.price import dollars

router = APIRouter(tags=["export"])
_PREVIEWED = 100
_LARGEST_PREVIEW = 16 << 20


@router.get("/api/v1/export/batch/{batch_id}")
async def batch(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """All rows that have a result and fit the filters, in input order; a running batch gives a snapshot."""
    export = asked.of_batch(batch_id, request.query_params)
    await read_batch(ctx.pool, batch_id)
    return await download(ctx, export, request)


@router.get("/export/batch/{batch_id}", include_in_schema=False)
async def batch_for_page(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    return await batch(ctx, batch_id, request)


@router.post("/api/v1/export/batches/multiple")
async def multiple(ctx: Ctx, request: Request) -> Response:
    """A ZIP with a file for each batch."""
    export = asked.of_several(await json_body(request, asked.Several))
    return await download(ctx, export, request)


@router.post("/api/v1/export/filtered")
async def filtered(ctx: Ctx, request: Request) -> Response:
    """Rows of all batches, or of those that are named, in one file."""
    export = asked.of_filtered(await json_body(request, asked.Filtered))
    return await download(ctx, export, request)


@router.get("/api/v1/export/batch/{batch_id}/preview")
async def preview(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """The first 100 rows of the download with the same parameters."""
    export = asked.of_batch(batch_id, request.query_params)
    found = await read_batch(ctx.pool, batch_id)
    first = msgspec.structs.replace(export, format=Format.JSON, limit=_PREVIEWED)
    records = msgspec.json.decode(await fetched(ctx, first, _LARGEST_PREVIEW), type=list[msgspec.Raw])
    return reply(
        {
            "preview_records": records,
            "total_records_shown": len(records),
            "is_preview": True,
            "batch_cost": dollars(found.cost),
            "filters_applied": applied(asked_of(request.query_params)),
        }
    )


@router.get("/api/v1/export/batch/{batch_id}/summary")
async def summary(ctx: Ctx, batch_id: BatchId) -> Response:
    found = await read_batch(ctx.pool, batch_id)
    return reply({**_summary(found), "estimated_sizes_mb": await estimated_mb(ctx, found)})


@router.get("/api/v1/export/statistics")
async def statistics(ctx: Ctx) -> Response:
    """Of completed downloads."""
    return reply(await made.statistics(ctx.pool))


@router.get("/api/v1/export/formats")
async def supported_formats() -> Response:
    return reply(formats())


@router.get("/export/template", include_in_schema=False)
@router.get("/api/v1/export/template")
async def import_template(request: Request) -> Response:
    """A file to fill in and upload."""
    wanted = template_format(request.query_params.get("format", ""))
    headers = {"Content-Disposition": f'attachment; filename="image-analyzer-template.{wanted}"'}
    return Response(template(wanted), headers=headers, media_type=MEDIA_TYPES[wanted])


def _summary(batch: Snapshot) -> dict[str, Any]:
    return {
        "batch_info": {
            "batch_id": batch.batch_id,
            "batch_name": batch.name,
            "status": batch.status,
            "created_at": batch.created_at,
        },
        "export_summary": {
            "total_results": batch.processed,
            "successful_results": batch.successful,
            "failed_results": batch.failed,
            "success_rate": timing.percent(batch.successful, batch.processed),
            "cost": dollars(batch.cost),
            "units": batch.units,
        },
        "available_filters": {
            "success_only": f"{batch.successful} records",
            "failed_only": f"{batch.failed} records",
            "has_store_name": "Records with store names",
            "has_contact": "Records with business contacts",
        },
    }
