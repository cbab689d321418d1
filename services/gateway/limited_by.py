"""What the analyzers wait for, as of a second ago: asked once for all who ask."""

import asyncio

from shared.limited_by import LimitedBy, Limits, Waits
from shared.redis import UNAVAILABLE
from shared.stopping import Stop

_EVERY_SECONDS = 1.0


class Waiting:
    """`now`: what limits batches that are being processed. None: their own pictures."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.now = Waits()

    async def run(self, stop: Stop) -> None:
        while True:
            try:
                async with asyncio.timeout(_EVERY_SECONDS):
                    self.now = await self._limits.read()
            except UNAVAILABLE:
                self.now = Waits(LimitedBy.REDIS)
            if await stop.wait(_EVERY_SECONDS):
                return
