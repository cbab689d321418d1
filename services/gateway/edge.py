"""Around every request: its id, its headers, its metrics, and who may come in (door.py)."""

import time
import uuid

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.app import reply_to_error
from services.gateway.door import Door
from services.gateway.errors import ApiError
from services.gateway.query import refuse_repeated
from shared import metrics, postgres

# htmx needs neither eval nor inline styles as it is configured here. Pictures are shown from anywhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self';"
    " img-src 'self' data: http: https:; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # Not `no-referrer`: with it browsers send `Origin: null` with the pages' own forms (Fetch standard).
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Edge:
    """The outermost application: it also sees replies to errors that nothing else caught."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status = 0
        metrics.HTTP_IN_FLIGHT.inc()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                metrics.HTTP_SECONDS.labels(route_of(scope)).observe(time.perf_counter() - began)
                own = message.get("headers", ())
                named = {name for name, _ in own}
                message["headers"] = [
                    *own,
                    *(header for header in _HEADERS if header[0] not in named),
                    *scope["state"].get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                try:
                    receive, send_on = await self._door.admit(scope, receive, send_with_headers)
                    refuse_repeated(scope["query_string"])
                except (ApiError, *postgres.UNAVAILABLE) as refused:
                    refusal = await reply_to_error(Request(scope), refused)
                    return await refusal(scope, receive, send_with_headers)
                await self._app(scope, receive, send_on)
            finally:
                metrics.HTTP_IN_FLIGHT.dec()
                metrics.HTTP_REQUESTS.labels(route_of(scope), scope["method"], str(status)).inc()


def route_of(scope: Scope) -> str:
    """The route's template, so that ids in paths make no new series. FastAPI leaves out the prefix that
    the route's router was included with: it is what the path has more."""
    template = getattr(scope.get("route"), "path", None)
    if not isinstance(template, str):
        return "other"
    path, own = _segments(scope["path"]), _segments(template)
    return "/" + "/".join([*path[: max(0, len(path) - len(own))], *own])


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
