"""Around every request: its id, its headers, its metrics, and the guard against other sites' pages."""

import time
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.errors import CrossSite
from services.gateway.replies import failure
from shared import metrics

# htmx needs neither eval nor inline styles as it is configured here. Pictures are shown from anywhere.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self';"
    " img-src 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_SAFE = ("GET", "HEAD", "OPTIONS")


class Edge:
    """The outermost application: it also sees replies to errors that nothing else caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                metrics.HTTP_SECONDS.labels(route_of(scope)).observe(time.perf_counter() - began)
                message["headers"] = [
                    *message.get("headers", ()), *_HEADERS, (b"x-request-id", request_id.encode())
                ]  # fmt: skip
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                app = _refuse if _is_cross_site(scope) else self._app
                await app(scope, receive, send_with_headers)
            finally:
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


def _is_cross_site(scope: Scope) -> bool:
    """A page of another site in a browser on this machine must not act here in its user's name."""
    if scope["method"] in _SAFE:
        return False
    return any(name == b"sec-fetch-site" and value == b"cross-site" for name, value in scope["headers"])


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = CrossSite("Another site's page may not act here.")
    await failure(error, scope["state"]["request_id"])(scope, receive, send)
