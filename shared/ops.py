"""The port for those on call: /livez, /readyz, /metrics, and a service's internal routes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.metrics import CHECK_PASSES

_CHECK_SECONDS = 3.0
Check = Callable[[], Awaitable[object]]


class Health:
    """Ready when started and every check passes; alive until a loop says that it is stuck."""

    def __init__(self) -> None:
        self.started = False
        self.stuck: str | None = None
        self.checks: dict[str, Check] = {}

    async def failing(self) -> dict[str, str]:
        """The checks that fail now, each with why."""
        if not self.started:
            return {"start": "not finished"}
        answers = await asyncio.gather(*(self._probe(check) for check in self.checks.values()))
        for name, why in zip(self.checks, answers, strict=True):
            CHECK_PASSES.labels(name).set(why is None)
        return {name: why for name, why in zip(self.checks, answers, strict=True) if why}

    @staticmethod
    async def _probe(check: Check) -> str | None:
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await check()
        except Exception as error:  # noqa: BLE001  # a probe's failure is its answer
            return type(error).__name__
        return None


@asynccontextmanager
async def serve(
    host: str, port: int, health: Health, routes: Iterable[web.RouteDef] = ()
) -> AsyncIterator[int]:
    """Serves until left; yields the port it listens on (`port` 0 takes a free one)."""
    app = web.Application()
    app.add_routes([*_routes(health), *routes])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=20)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _routes(health: Health) -> list[web.RouteDef]:
    async def livez(_request: web.Request) -> web.Response:
        return _answer({"progress": health.stuck} if health.stuck else {})

    async def readyz(_request: web.Request) -> web.Response:
        return _answer(await health.failing())

    async def metrics(_request: web.Request) -> web.Response:
        await health.failing()  # for CHECK_PASSES
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)]


def _answer(failing: dict[str, str]) -> web.Response:
    return web.json_response({"ok": not failing, "failing": failing}, status=503 if failing else 200)
