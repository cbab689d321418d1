"""Looks for exports that nobody makes, and makes a few at once."""

import asyncio

from services.exporter.jobs.desk import Claim, Desk
from services.exporter.jobs.maker import Maker
from shared.logs import log
from shared.postgres import UNAVAILABLE
from shared.stopping import Stop

# Each holds a connection of the pool, and takes from the one core that stores results.
AT_ONCE = 2
_LOOK_SECONDS = 1.0


class Runner:
    def __init__(self, desk: Desk, maker: Maker, look_seconds: float = _LOOK_SECONDS) -> None:
        self._desk = desk
        self._maker = maker
        self._look_seconds = look_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: Stop) -> None:
        """At the stop, what is being made is given back at once."""
        try:
            while not await stop.wait(self._look_seconds):
                await self._look()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self) -> None:
        for task in [one for one in self._tasks if one.done()]:
            self._tasks.remove(task)
            task.result()
        try:
            while len(self._tasks) < AT_ONCE and (claim := await self._desk.claim()):
                self._tasks.add(asyncio.create_task(self._work(claim)))
        except UNAVAILABLE as error:
            log.warning("exports in the background wait", error=type(error).__name__)

    async def _work(self, claim: Claim | None) -> None:
        """This export, and then what else waits."""
        try:
            while claim is not None:
                await self._maker.make(claim)
                claim = await self._desk.claim()
        except UNAVAILABLE as error:
            # A lease that is held ends, and whoever comes first takes the export over.
            log.warning("exports in the background wait", error=type(error).__name__)
