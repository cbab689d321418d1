"""Live events: of one batch, and of all."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from services.gateway.api.ids import BatchId
from services.gateway.context import Ctx
from services.gateway.live.streams import EventStream, all_events, batch_events, reach_of
from services.gateway.live.wording import event_id_of
from services.gateway.snapshot import read_batch

of_batch = APIRouter(tags=["live"])
of_all = APIRouter(tags=["live"])
# What is told again after a break: a day.
_REACH = timedelta(days=1)
LastEventId = Annotated[str | None, Header(description="The id of the last event that was received.")]


@of_batch.get("/{batch_id}/events")
async def batch_events_stream(ctx: Ctx, batch_id: BatchId, last_event_id: LastEventId = None) -> Response:
    """State changes, progress and the end of one batch; 204 for one that has heard of the end."""
    ctx.hub.refuse_more()
    await read_batch(ctx.pool, batch_id)
    last = event_id_of(last_event_id)
    last = last if last and last.batch_id == batch_id else None
    view = await ctx.hub.view(batch_id)
    if last and view.history.has_ended and not view.history.after(last.position):
        return Response(status_code=204)  # browsers stop to come again
    return EventStream(batch_events(ctx.hub, view, last))


@of_all.get("/api/v1/events")
async def events_stream(ctx: Ctx, last_event_id: LastEventId = None) -> Response:
    """State changes and progress of all batches. Never ends by itself for long: it may be taken up again."""
    ctx.hub.refuse_more()
    now = datetime.now(UTC)
    since = reach_of(last := event_id_of(last_event_id), now)
    lately = await ctx.hub.changed_since(since) if since > now - _REACH else None
    return EventStream(all_events(ctx.hub, lately, last))
