"""Retry: all failed rows of a batch, those of some error classes, or one result."""

from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.api.ids import BatchId
from services.gateway.commands import NoFields
from services.gateway.context import Ctx
from services.gateway.errors import NotFound, ValidationError
from services.gateway.json_body import json_body
from services.gateway.replies import reply
from services.gateway.retry import Retried, Which, batch_of_failed
from shared.error_classes import ErrorClass

router = APIRouter(tags=["control"])
results_router = APIRouter(tags=["results"])


class RetryBody(msgspec.Struct):
    """One class, several, or neither: every failed row."""

    error_class: str | None = None
    error_classes: list[str] | None = None


@router.post("/{batch_id}/retry")
async def retry(ctx: Ctx, batch_id: BatchId, request: Request) -> Response:
    which = which_of(await json_body(request, RetryBody))
    return _reply(await ctx.handler.retry(batch_id, which))


@results_router.post("/api/v1/results/{result_id}/retry")
async def retry_result(ctx: Ctx, result_id: str, request: Request) -> Response:
    await json_body(request, NoFields)
    batch_id, row_no = await batch_of_failed(ctx.pool, _result_id(result_id))
    return _reply(await ctx.handler.retry(batch_id, Which(row_no=row_no)))


def which_of(body: RetryBody) -> Which:
    """Raises ValidationError for a class that there is not, naming those that there are."""
    if body.error_class is not None and body.error_classes is not None:
        raise ValidationError("Send error_class or error_classes, not both.")
    wanted = [body.error_class] if body.error_class is not None else body.error_classes
    if wanted is None:
        return Which()
    unknown = [name[:50] for name in wanted if name not in ErrorClass.__members__.values()]
    if unknown or not wanted:
        found = f"not {', '.join(map(repr, unknown[:10]))}" if unknown else "and at least one of them"
        raise ValidationError(f"error_classes are of {', '.join(ErrorClass)}, {found}.")
    return Which(classes=tuple(wanted))


def _result_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"There is no result {text[:50]!r}.") from None


def _reply(done: Retried) -> Response:
    facts: dict[str, Any] = {
        "batch_id": done.batch.batch_id,
        "started": True,
        "status": done.batch.status,
        "previous_status": done.before,
        "changed": done.changed,
        "retried": True,
        "retried_count": done.rows,
        "run": done.batch.run,
        "retry_count": done.batch.retry_count,
    }
    return reply(facts, _message(done))


def _message(done: Retried) -> str:
    if done.changed:
        return f"{done.rows} {'row is' if done.rows == 1 else 'rows are'} tried again"
    if done.before.is_active:
        return "Nothing to do: the batch is being retried already"
    return "Nothing to do: no failed row matches"
