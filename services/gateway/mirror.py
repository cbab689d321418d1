"""Keeps the mirror of desired states whole: what a fault of Redis or a lost write left out."""

import asyncio

from shared.desired import Desired, DesiredMirror, State
from shared.logs import log
from shared.postgres import UNAVAILABLE as POSTGRES_AWAY
from shared.postgres import Pool, statements_beside
from shared.redis import UNAVAILABLE as REDIS_AWAY
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 5.0
_PASS_SECONDS = 30.0
_AT_MOST = 1_000


class MirrorKeeper:
    """Writes again what Postgres says; the higher version wins, so it never undoes a change."""

    def __init__(self, pool: Pool, mirror: DesiredMirror) -> None:
        self._pool = pool
        self._mirror = mirror

    async def run(self, stop: Stop) -> None:
        while not await stop.wait(_EVERY_SECONDS):
            try:
                async with asyncio.timeout(_PASS_SECONDS):
                    await self.write_all()
            except (*POSTGRES_AWAY, *REDIS_AWAY) as error:
                log.warning("mirror waits", error=type(error).__name__)

    async def write_all(self) -> None:
        rows = await self._pool.fetch(_SQL["desired_unended"], _AT_MOST)
        known = await self._mirror.read(row["batch_id"] for row in rows)
        for row in rows:
            desired = Desired(row["version"], State(row["desired"]))
            if known.get(row["batch_id"]) != desired:
                await self._mirror.write(row["batch_id"], desired)
