"""Create, list and read batches."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.gateway import rows, views
from services.gateway.api.ids import BatchId
from services.gateway.chunks import read_chunks
from services.gateway.context import Ctx
from services.gateway.dry_run import Preview
from services.gateway.errors import ValidationError
from services.gateway.health_score import health_of, read_facts
from services.gateway.listing import behind_of, next_cursor, read_page, wanted_of
from services.gateway.paging import Paged, page_of
from services.gateway.replies import json_reply, polled, reply
from services.gateway.snapshot import one_snapshot, read_batch
from services.gateway.stuck import read_stuck

router = APIRouter(tags=["batches"])
# All chunks of a batch of 20 million rows at the usual chunk size; about 4 MB.
_MOST_CHUNKS = 10_000


@router.post("")
async def create(ctx: Ctx, request: Request) -> Response:
    submitted = await ctx.handler.upload(request)
    if isinstance(submitted, Preview):
        return json_reply(submitted.body)
    replayed = {} if submitted.created else {"Idempotent-Replayed": "true"}
    return json_reply(submitted.body, 201, replayed)


@router.get("")
async def list_batches(ctx: Ctx, request: Request, page: Paged, cursor: str | None = None) -> Response:
    """By status, part of the name and date of creation, in a chosen order; by page or by cursor."""
    wanted = wanted_of(request.query_params)
    behind = behind_of(cursor, page, wanted.sort)
    listing = await read_page(ctx.pool, page, wanted, behind)
    data = {
        "batches": [views.batch_info(batch) for batch in listing.batches],
        **page.facts(len(listing.batches), listing.total),
        "page": page.number if behind is None else None,
        "next_cursor": next_cursor(wanted, page, listing.batches),
    }
    return polled(request, data)


@router.get("/stuck")
async def stuck(ctx: Ctx) -> Response:
    """Work past its deadline and in nobody's hands, the oldest first. What is lost is handed out again
    without anybody's help."""
    found = await read_stuck(ctx.pool)
    return reply({"stuck": found, "count": len(found)})


@router.get("/{batch_id}")
@router.get("/{batch_id}/status")
async def detail(ctx: Ctx, request: Request, batch_id: BatchId) -> Response:
    batch = await read_batch(ctx.pool, batch_id)
    return polled(request, views.detail(batch), views.polling(batch))


@router.get("/{batch_id}/progress")
async def progress(ctx: Ctx, request: Request, batch_id: BatchId) -> Response:
    batch = await read_batch(ctx.pool, batch_id)
    return polled(request, views.progress(batch, ctx.hub.waiting.now.of(batch_id)), views.polling(batch))


@router.get("/{batch_id}/health")
async def health(ctx: Ctx, batch_id: BatchId) -> Response:
    """How well it does, from 0.0 to 100.0, and what that is made of (docs/health-score.md)."""
    async with one_snapshot(ctx.pool) as connection:
        facts = await read_facts(connection, await read_batch(connection, batch_id))
    return reply(views.health(facts, health_of(facts)))


@router.get("/{batch_id}/chunks")
async def chunks(
    ctx: Ctx,
    request: Request,
    batch_id: BatchId,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per_page: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int | None, Query(ge=1)] = None,
    chunk_number: Annotated[int | None, Query(ge=1)] = None,
    include_urls: bool = False,
) -> Response:
    """All of them unless a page is asked for. `include_urls` needs one `chunk_number`."""
    if include_urls and chunk_number is None:
        raise ValidationError(
            "include_urls=true needs a chunk_number: a batch can have millions of addresses."
        )
    paged = page_of(page, per_page, limit, _MOST_CHUNKS, _MOST_CHUNKS)
    first, last = paged.offset + 1, paged.offset + paged.size
    if chunk_number is not None:
        first = last = chunk_number
    async with one_snapshot(ctx.pool) as connection:
        batch = await read_batch(connection, batch_id)
        found = await read_chunks(connection, batch, first, last)
    urls = (
        await rows.urls_of(ctx.store, batch, chunk_number) if include_urls and chunk_number and found else []
    )
    total = batch.total_chunks if chunk_number is None else len(found)
    data = {
        "batch_id": batch_id,
        "chunks": [views.chunk(batch, one, urls) for one in found],
        **paged.facts(len(found), total),
        "total_chunks": batch.total_chunks,
    }
    return polled(request, data, views.polling(batch))
