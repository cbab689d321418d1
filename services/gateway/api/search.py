"""Search over all results."""

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from services.gateway import views
from services.gateway.api.ids import batch_id_of
from services.gateway.context import Ctx
from services.gateway.errors import ValidationError
from services.gateway.filters import applied, asked_of, filters_of
from services.gateway.paging import Paged, cursor_of, parts_of
from services.gateway.replies import reply
from services.gateway.search import Asked, Place, search, words_of
from services.gateway.search_csv import hits_as_csv
from services.gateway.snapshot import read_batch

router = APIRouter(tags=["results"])
_FILE = {"Content-Disposition": 'attachment; filename="search-results.csv"'}


@router.get("/api/v1/batch-data")
async def batch_data(
    ctx: Ctx,
    request: Request,
    page: Paged,
    q: str | None = None,
    batch_id: str | None = None,
    cursor: str | None = None,
    format: str = "json",  # noqa: A002  # the parameter's name
) -> Response:
    """Results that hold the words of `q` (all results without it), filtered as exports are, of one batch or
    of all. Newest batches first; `next_cursor` as `cursor` goes on. As `format=csv`, all hits in one file."""
    filters = asked_of(request.query_params)
    asked = Asked(
        words=words_of(q),
        wanted=filters_of(filters),
        batch=await read_batch(ctx.pool, batch_id_of(batch_id)) if batch_id else None,
        size=page.size,
        behind=parts_of(cursor, Place) if cursor is not None else None,
    )
    if (kind := format.strip().lower()) == "csv":
        pieces = await hits_as_csv(ctx.pool, asked, ctx.settings.max_export_rows)
        return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=_FILE)
    if kind != "json":
        raise ValidationError(f"format is json or csv, not {format[:20]!r}.")
    found = await search(ctx.pool, asked)
    data = {
        "results": [views.hit(row) for row in found.rows],
        "count": len(found.rows),
        "next_cursor": None if found.behind is None else cursor_of(*found.behind),
        "rows_not_searchable_yet": found.waiting,
        "filters_applied": applied(filters),
    }
    return reply(data)
