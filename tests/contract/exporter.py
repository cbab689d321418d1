"""What the exporter's process does with exports in the background, a step at a time."""

import asyncio
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from obstore.store import LocalStore

from services.exporter.export.copying import Source
from services.exporter.jobs.desk import Claim, Desk
from services.exporter.jobs.maker import Maker
from services.exporter.jobs.sweep import Sweep
from services.exporter.storing import store
from shared.postgres import Pool
from tests.contract.gateway import Gateway, create, database
from tests.integration.results_world import result

_BEAT = 0.02


class Exporter:
    def __init__(self, pool: Pool, folder: Path) -> None:
        self.pool = pool
        self.store = LocalStore(prefix=folder)
        self.source = Source(pool, asyncio.Semaphore(2), sys.maxsize)

    def maker(self, owner: str = "exporter-1", **source: Any) -> Maker:
        return Maker(Desk(self.pool, owner), self.source._replace(**source), self.store, _BEAT)

    async def claim(self, owner: str = "exporter-1") -> Claim:
        found = await Desk(self.pool, owner).claim()
        assert found is not None
        return found

    async def make_all(self) -> None:
        while found := await Desk(self.pool, "exporter-1").claim():
            await self.maker().make(found)

    async def sweep(self) -> None:
        await Sweep(self.pool, self.store).sweep()

    async def died(self, job: UUID) -> None:
        """Whoever made it: its lease is over."""
        await self.pool.execute(
            "update exporter.export_jobs set lease_until = now() where export_id = $1", job
        )


async def batch_of(gateway: Gateway, client: httpx.AsyncClient, rows: int = 3, **fields: str) -> UUID:
    batch = await create(client, b"url\n" + b"https://example.com/1.jpg\n" * rows, **fields)
    async with database(gateway) as connection:
        await store(connection, [result(batch, number) for number in range(1, rows + 1)])
    return batch
