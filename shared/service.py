"""How every service lives: settings, logs, one event loop, its ports, its loops, an ordered end."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TypeVar

from shared import logs
from shared.logs import log
from shared.ops import Health
from shared.settings import CommonSettings, SettingsError, read
from shared.stopping import Stop

# Fewer collections: the youngest generation's default threshold of 700 is a tenth of one slice.
_GC_THRESHOLD = 50_000
S = TypeVar("S", bound=CommonSettings)


def run(name: str, kind: type[S], start: Callable[[S, Health, Stop], Awaitable[None]]) -> None:
    """Runs `start` until it returns. It sets `health.started` and looks at the stop.

    Ends the process with 0 after an asked stop, with 1 after a crash or for settings that are unusable.
    """
    try:
        settings = read(kind)
    except SettingsError as error:
        sys.exit(f"{name}: {error}")
    logs.configure(name, settings.instance, settings.log_format, settings.log_level, settings.secrets)
    try:
        asyncio.run(_live(settings, start))
    except Exception:  # noqa: BLE001  # the top of the process: it says why and ends, the supervisor restarts it
        log.exception("crashed")
        sys.exit(1)


async def _live(settings: S, start: Callable[[S, Health, Stop], Awaitable[None]]) -> None:
    stop = Stop()
    stop.on_signals()
    gc.set_threshold(_GC_THRESHOLD)
    await start(settings, Health(), stop)
    log.info("stopped")


async def together(health: Health, stop: Stop, *loops: Awaitable[None]) -> None:
    """Runs the loops of a service. The first that ends, by whatever, stops the others."""

    async def one(loop: Awaitable[None]) -> None:
        try:
            await loop
        finally:
            stop.ask()

    gc.collect()
    gc.freeze()
    health.started = True
    log.info("started")
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(one(loop))


@asynccontextmanager
async def background(stop: Stop, *loops: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Runs endless loops while the block lasts. One that ends early stops the service."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    for task in tasks:
        task.add_done_callback(lambda _: stop.ask())
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error
