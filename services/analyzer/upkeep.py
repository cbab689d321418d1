"""What an analyzer does by the clock: leases and heartbeats renewed, room said, batches watched."""

import asyncio
from uuid import UUID

from services.analyzer.cache import ImageCache
from services.analyzer.calls import Calls
from services.analyzer.handler import SliceHandler
from services.analyzer.images import Images
from services.analyzer.states import States
from services.analyzer.takes import Takes
from shared.logs import log
from shared.postgres import UNAVAILABLE as POSTGRES_UNAVAILABLE
from shared.redis import UNAVAILABLE as REDIS_UNAVAILABLE
from shared.room import Room
from shared.stopping import Stop

_TICK_SECONDS = 0.5
_RENEW_TICKS = 6
_REFRESH_TICKS = 20


class Upkeep:
    """`slices` is how many this process has room for."""

    def __init__(
        self,
        handler: SliceHandler,
        images: Images,
        calls: Calls,
        cache: ImageCache,
        takes: Takes,
        states: States,
        room: Room,
        instance: str,
        slices: int,
        stop: Stop,
    ) -> None:
        self._handler = handler
        self._images = images
        self._calls = calls
        self._cache = cache
        self._takes = takes
        self._states = states
        self._room = room
        self._instance = instance
        self._slices = slices
        self._stop = stop

    async def run(self) -> None:
        """Until cancelled: leases outlive the asked stop as long as calls are in flight."""
        tick = 0
        while True:
            try:
                async with asyncio.timeout(_TICK_SECONDS * _RENEW_TICKS):
                    await self._tick(tick)
            except (*REDIS_UNAVAILABLE, *POSTGRES_UNAVAILABLE) as error:
                log.warning("upkeep waits", error=type(error).__name__)
            tick += 1
            await asyncio.sleep(_TICK_SECONDS)

    async def _tick(self, tick: int) -> None:
        batches = {work.batch_id for work in self._handler.in_hand}
        if tick % _RENEW_TICKS == 0:
            await self._cache.renew()
            await self._takes.beat([work.slice_id for work in self._handler.in_hand])
            await self._room.say(self._instance, 0 if self._stop.asked else self._slices)
        if tick % _REFRESH_TICKS == 0:
            await self._states.refresh(batches)
        self._give_back(batches if self._stop.asked else await self._states.not_running(batches))

    def _give_back(self, batches: set[UUID]) -> None:
        for batch in batches:
            self._calls.drop(batch)
        self._images.abandon(batches)
