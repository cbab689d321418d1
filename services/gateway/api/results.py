"""Results: those of a batch, page by page, and one by its id."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.gateway import views
from services.gateway.api.ids import BatchId
from services.gateway.context import Ctx
from services.gateway.errors import NotFound
from services.gateway.filters import applied, asked_of, filters_of
from services.gateway.paging import Paged, cursor_of
from services.gateway.replies import polled, reply
from services.gateway.results import place_of, read_result, read_results
from services.gateway.snapshot import one_snapshot, read_batch

batch_router = APIRouter(tags=["results"])
router = APIRouter(tags=["results"])


@batch_router.get("/{batch_id}/results")
async def results(
    ctx: Ctx,
    request: Request,
    batch_id: BatchId,
    page: Paged,
    cursor: str | None = None,
    after: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """In the order of their rows, filtered as exports are. By page, or behind `after` (a row number) or
    `cursor` (the `next_cursor` of the page before)."""
    asked = asked_of(request.query_params)
    wanted, place = filters_of(asked), place_of(page, cursor, after)
    async with one_snapshot(ctx.pool) as connection:
        batch = await read_batch(connection, batch_id)
        found = await read_results(connection, batch, wanted, place)
    data = {
        "batch_id": batch_id,
        "results": [views.result(batch_id, row) for row in found.rows],
        **page.facts(len(found.rows), found.total),
        "page": page.number if place.after is None else None,
        "next_cursor": None if found.after is None else cursor_of(found.after),
        "filters_applied": applied(asked),
    }
    return polled(request, data, views.polling(batch))


@router.get("/api/v1/results/{result_id}")
async def result(ctx: Ctx, result_id: str) -> Response:
    """With the attempts that it replaced."""
    try:
        row, *earlier = await read_result(ctx.pool, UUID(result_id))
    except ValueError:
        raise NotFound(f"There is no result {result_id[:50]!r}.") from None
    batch_id = row["batch_id"]
    attempts = [views.result(batch_id, attempt) for attempt in earlier]
    return reply({**views.result(batch_id, row), "earlier_attempts": attempts})
