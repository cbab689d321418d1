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
    analysis,
    batches,
    control,
    docs,
    events,
    export,
    health,
    results,
    retry,
    system,
)
from services.gateway.context import Context
from services.gateway.errors import ApiError
from services.gateway.pages import batch as batch_page
from services.gateway.pages import dashboard, login, sample
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
        app.include_router(analysis.router, prefix=prefix)
    for router in (
        events.of_all,
        retry.results_router,
        results.router,
        export.router,
        health.router,
        docs.router,
        system.router,
        dashboard.router,
        batch_page.router,
        sample.router,
        access.router,
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
    if error.status >= 500:
        log.warning("request failed", status=error.status, error=type(raised).__name__, detail=error.message)
    if _wants_page(request):
        if isinstance(error, errors.NotSignedIn):
            return to_login(request)
        return error_page(request, error)
    return failure(error, request.scope["state"]["request_id"])


def api_error_of(raised: Exception) -> ApiError:
    match raised:
        case ApiError():
            return raised
        case RequestValidationError():
            return errors.ValidationError(_sentence(raised))
        case HTTPException(status_code=404):
            return errors.NotFound("There is nothing at this address.")
        case HTTPException(status_code=405):
            return errors.MethodNotAllowed("This address does not take this method.", raised.headers)
        case HTTPException(status_code=status) if status < 500:
            return errors.ValidationError(str(raised.detail))
        case ClientDisconnect():
            return errors.ValidationError("The request was broken off.")
    if isinstance(raised, postgres.UNAVAILABLE):
        return errors.SystemUnavailable("The database does not answer. Try again in a moment.")
    if isinstance(raised, redis.UNAVAILABLE):
        return errors.SystemUnavailable("Redis does not answer. Try again in a moment.")
    return errors.ProcessingError("Something went wrong here; the log has it under this request id.")


def _sentence(raised: RequestValidationError) -> str:
    """The first of the faults: which parameter, and what is wrong with it."""
    first = raised.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:])
    return f"{name}: {first['msg']}."


def _wants_page(request: Request) -> bool:
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/admin/"))
