"""One batch: progress, what may be done now, chunks, errors, and its results with their pictures."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.gateway.actor import check_may
from services.gateway.api.ids import BatchId
from services.gateway.chunks import advice_for
from services.gateway.clone import Wanted
from services.gateway.commands import Command
from services.gateway.context import Context, Ctx
from services.gateway.error_report import read_counts
from services.gateway.errors import BatchStateError
from services.gateway.exporting.formats import formats
from services.gateway.fields import boolean, max_cost_of
from services.gateway.forms import field, read_form
from services.gateway.live.history import Change
from services.gateway.pages import live
from services.gateway.pages.bars import Counted, chunks_a_cell, grid
from services.gateway.pages.chart import COLUMNS, chart_of
from services.gateway.pages.exports import exports_of
from services.gateway.pages.render import page, text
from services.gateway.pages.results import Viewed, results_values
from services.gateway.snapshot import Snapshot, read_batch
from services.gateway.transitions import Action
from shared.postgres import statements_beside

router = APIRouter(include_in_schema=False)
_SQL = statements_beside(__file__)
_CHANGES = 8


@router.get("/batch/{batch_id}")
async def batch_page(ctx: Ctx, batch_id: BatchId, view: Viewed) -> Response:
    batch = await read_batch(ctx.pool, batch_id)
    values = {**await _progress(ctx, batch), **await results_values(ctx, batch, view)}
    return page("batch.html", **values, **_exports(ctx), **await exports_of(ctx, batch_id))


@router.get("/batch/{batch_id}/events")
async def events(ctx: Ctx, batch_id: BatchId) -> Response:
    await read_batch(ctx.pool, batch_id)

    async def parts() -> live.Parts:
        batch = await read_batch(ctx.pool, batch_id)
        ended = {} if batch.status.is_active else {live.ENDED: batch.status}
        return {
            "state": text("_state.html", batch=batch),
            "actions": text("_actions.html", batch=batch, **_exports(ctx)),
            "progress": text("_progress.html", **await _progress(ctx, batch)),
            # Each page asks for those that it shows.
            "results": f"{batch.version} {batch.successful} {batch.failed}",
            **ended,
        }

    return live.stream(ctx.hub, batch_id, parts)


@router.post("/batch/{batch_id}/clone")
async def clone(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    """To the page of the copy."""
    form = await read_form(request.receive)
    wanted = Wanted(
        field(form, "new_name"), boolean("copy_results", field(form, "copy_results") or "false"), False
    )
    made = await ctx.handler.clone(batch_id, wanted)
    return RedirectResponse(f"/batch/{made.batch_id}", 303)


@router.post("/batch/{batch_id}/{action}")
async def act(ctx: Ctx, batch_id: BatchId, action: Action, request: Request) -> Response:
    """A button of the page. What came too late shows in the page itself: the batch has moved on."""
    if action is Action.DELETE:
        check_may("DELETE", "/api/v1/batches/{batch_id}")
    try:
        await ctx.handler.control(batch_id, Command(action, max_cost=await _max_cost(request, action)))
    except BatchStateError:
        pass
    return RedirectResponse("/" if action is Action.DELETE else f"/batch/{batch_id}", 303)


async def _max_cost(request: Request, action: Action) -> int | None:
    """What stands beside the button of a batch that was paused at its limit."""
    if action is not Action.RESUME:
        return None
    given = field(await read_form(request.receive), "max_cost").strip()
    return max_cost_of(given) if given else None


def _exports(ctx: Context) -> dict[str, Any]:
    """More rows than one download takes are exported in the background only."""
    return {"most_rows": ctx.settings.max_export_rows, "formats": formats()["supported_formats"]}


async def _progress(ctx: Context, batch: Snapshot) -> dict[str, Any]:
    rows = await ctx.pool.fetch(_SQL["grid_read"], batch.batch_id, chunks_a_cell(batch))
    counted = {cell: Counted(*counts) for cell, *counts in rows}
    return {
        "batch": batch,
        "cells": grid(batch, counted),
        "errors": await _errors(ctx, batch.batch_id),
        "limited_by": ctx.hub.waiting.now.of(batch.batch_id),
        "changes": await _changes(ctx, batch.batch_id),
        "chart": chart_of(await ctx.pool.fetch(_SQL["rates_read"], batch.batch_id, COLUMNS)),
    }


async def _changes(ctx: Context, batch_id: UUID) -> list[Change]:
    """The latest first."""
    history = await ctx.hub.history(batch_id)
    return [change for change in reversed(history.changes) if change.shows][:_CHANGES]


async def _errors(ctx: Context, batch_id: UUID) -> list[tuple[str, int, str]]:
    """Class, rows, what to do."""
    counts = await read_counts(ctx.pool, batch_id)
    return [(name, count, advice_for(name)) for name, count in counts.items()]
