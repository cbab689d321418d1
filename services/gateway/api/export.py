"""Downloads, streamed through from the exporter."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.api.ids import BatchId
from services.gateway.context import Ctx
from services.gateway.exports import export_of, stream_export
from services.gateway.snapshot import read_batch

router = APIRouter(tags=["export"])


@router.get("/api/v1/export/batch/{batch_id}")
async def batch(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """CSV of all rows that have a result, in input order; a running batch gives a snapshot."""
    query = export_of(request.query_params)
    await read_batch(ctx.pool, batch_id)
    return await stream_export(ctx, batch_id, query)


@router.get("/export/batch/{batch_id}", include_in_schema=False)
async def batch_for_page(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    return await batch(ctx, batch_id, request)
