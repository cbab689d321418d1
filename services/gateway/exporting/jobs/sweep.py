"""Forgets exports in the background that were deleted, and those of last week."""

from services.gateway.exporting.jobs import desk
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool
from shared.stopping import Stop

_EVERY_SECONDS = 60.0


class ExportSweep:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run(self, stop: Stop) -> None:
        while not await stop.wait(_EVERY_SECONDS):
            try:
                await desk.forget(self._pool)
            except UNAVAILABLE as error:
                log.warning("sweep of exports waits", error=type(error).__name__)
