"""Pauses batches before they pass their max_cost: those of which ingest says that it hands out no more."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 1.0
_BATCHES = 100


class Spending:
    """`image` is what a picture is expected to cost, in micro-dollars; `hold_back` pauses a batch that
    stands so still."""

    def __init__(self, pool: Pool, image: int, hold_back: Callable[[UUID], Awaitable[bool]]) -> None:
        self._pool = pool
        self._image = image
        self._hold_back = hold_back

    async def run(self, stop: Stop) -> None:
        told = False
        while True:
            try:
                if not told:
                    await self._pool.execute(_SQL["price_put"], self._image)
                    told = True
                await self.look()
            except UNAVAILABLE as error:
                log.warning("spending is not looked at", error=type(error).__name__)
            if await stop.wait(_EVERY_SECONDS):
                return

    async def look(self) -> None:
        for row in await self._pool.fetch(_SQL["short_of_money"], _BATCHES):
            if await self._hold_back(row["batch_id"]):
                log.info("batch paused at its max_cost", batch=str(row["batch_id"]))
