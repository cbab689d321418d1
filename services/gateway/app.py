"""The web application: routes, and the one handler that turns errors into replies."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from services.gateway import errors
from services.gateway.api import (
    access,
    admin_queue,
    analysis,
    batches,
    clone,
    control,
    docs,
    events,
    export,
    exports,
    health,
    provider_keys,
    results,
    retry,
    search,
    system,
)
from services.gateway.context import Context
from services.gateway.errors import ApiError, MethodNotAllowed
from services.gateway.faults import api_error_of
from services.gateway.methods import allowed_at
from services.gateway.pages import admin as admin_page
from services.gateway.pages import batch as batch_page
from services.gateway.pages import bulk as bulk_part
from services.gateway.pages import dashboard, login, sample
from services.gateway.pages import exports as exports_pages
from services.gateway.pages import results as results_part
from services.gateway.pages import system as system_pages
from services.gateway.pages.login import to_login
from services.gateway.pages.render import error_page
from services.gateway.replies import failure
from shared import postgres, redis
from shared.logs import log

_STATIC = Path(__file__).parent / "static"
# Both spellings serve every verb.
_BATCH_PREFIXES = ("/api/v1/batches", "/api/v1/batch")


def make_app(context: Context) -> FastAPI:
    # Both are served by api/docs.py: FastAPI's own page loads scripts from a CDN.
    app = FastAPI(title="Image Analyzer Enterprise", version="1.0", openapi_url=None, docs_url=None)
    app.state.context = context
    for prefix in _BATCH_PREFIXES:
        app.include_router(batches.router, prefix=prefix)
        app.include_router(control.router, prefix=prefix)
        app.include_router(results.batch_router, prefix=prefix)
        app.include_router(events.of_batch, prefix=prefix)
        app.include_router(retry.router, prefix=prefix)
        app.include_router(clone.router, prefix=prefix)
        app.include_router(analysis.router, prefix=prefix)
    for router in (
        events.of_all,
        retry.results_router,
        results.router,
        search.router,
        export.router,
        exports.router,
        health.router,
        docs.router,
        system.router,
        admin_queue.router,
        dashboard.router,
        batch_page.router,
        bulk_part.router,
        results_part.router,
        exports_pages.router,
        sample.router,
        system_pages.router,
        admin_page.router,
        access.router,
        provider_keys.router,
        login.router,
    ):
        app.include_router(router)
    app.mount("/docs/assets", docs.assets())
    app.mount("/static", StaticFiles(directory=_STATIC))
    known = (
        ApiError,
        HTTPException,
        RequestValidationError,
        ClientDisconnect,
        *postgres.UNAVAILABLE,
        *redis.UNAVAILABLE,
    )
    for kind in (Exception, *known):
        app.add_exception_handler(kind, reply_to_error)
    return app


async def reply_to_error(request: Request, raised: Exception) -> Response:
    error = api_error_of(raised)
    if isinstance(raised, HTTPException) and isinstance(error, MethodNotAllowed):
        # The router's own header names the methods of one route only; a path may have several.
        allowed = ", ".join(allowed_at(request.app.routes, request.url.path))
        error = MethodNotAllowed(f"This address takes {allowed}.", {"Allow": allowed})
    if error.status >= 500:
        log.warning("request failed", status=error.status, error=type(raised).__name__, detail=error.message)
    if _wants_page(request):
        if isinstance(error, errors.NotSignedIn):
            return to_login(request)
        return error_page(request, error)
    return failure(error, request.scope["state"]["request_id"])


def _wants_page(request: Request) -> bool:
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/admin/"))
