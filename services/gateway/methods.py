"""What holds for every address: HEAD is GET without its body, OPTIONS says which methods there are."""

import asyncio
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def allowed_at(routes: Sequence[BaseRoute], path: str) -> list[str]:
    """Nothing for an unknown path."""
    found = [method for method in _METHODS if any(_takes(route, path, method) for route in routes)]
    if "GET" in found:
        found.insert(1, "HEAD")
    return [*found, "OPTIONS"] if found else []


def _takes(route: BaseRoute, path: str, method: str) -> bool:
    """A mount is a folder of files: it matches whatever the method is."""
    if isinstance(route, Mount) and method != "GET":
        return False
    scope = {"type": "http", "path": path, "root_path": "", "method": method}
    return route.matches(scope)[0] is Match.FULL


class Methods:
    """Before the routes, which know neither. No other site may read replies: there is no CORS."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            await self._head(scope, send)
            return
        if scope["method"] == "OPTIONS" and (allowed := allowed_at(self._routes, scope["path"])):
            await Response(status_code=204, headers={"Allow": ", ".join(allowed)})(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _head(self, scope: Scope, send: Send) -> None:
        """A stream is broken off at its first byte, as if the client had gone: nobody will read it. Who would
        make a whole file first can see that `request.state.head` is set."""
        state = {**scope.get("state", {}), "head": True}
        got = {**scope, "method": "GET", "state": state}
        asked, over = False, asyncio.Event()

        async def receive() -> Message:
            nonlocal asked
            if asked:
                await over.wait()
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["route"] = got.get("route")  # for the metrics, which see the outer scope
                await send(message)
            elif not over.is_set():
                over.set()
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(got, receive, send_head)
