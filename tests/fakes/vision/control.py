"""The HTTP side door: look at the counts, change the behaviour. JSON in, JSON out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from tests.fakes.vision.behaviour import change
from tests.fakes.vision.server import FakeVision


class Control:
    def __init__(self, fake: FakeVision) -> None:
        self._fake = fake

    async def stats(self, _: web.Request) -> web.Response:
        return _json(self._fake.journal.stats())

    async def show(self, _: web.Request) -> web.Response:
        return _json(self._fake.behaviour)

    async def change(self, request: web.Request) -> web.Response:
        try:
            self._fake.behaviour = change(self._fake.behaviour, await request.read())
        except msgspec.MsgspecError as error:
            return web.Response(status=400, text=str(error))
        return _json(self._fake.behaviour)

    async def reset(self, _: web.Request) -> web.Response:
        self._fake.reset()
        return web.Response(status=204)


@asynccontextmanager
async def serve_control(fake: FakeVision, port: int = 0) -> AsyncIterator[str]:
    """GET /stats, GET and PATCH /behaviour (the named fields change), POST /reset. Gives the base URL."""
    control, app = Control(fake), web.Application()
    app.router.add_get("/stats", control.stats)
    app.router.add_get("/behaviour", control.show)
    app.router.add_patch("/behaviour", control.change)
    app.router.add_post("/reset", control.reset)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _json(value: msgspec.Struct) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
