"""The set as the provider `local` reads it: painted here, recognised in its processes."""

import asyncio

from services.analyzer.analysis import Analysis
from services.analyzer.providers.local import LocalProvider
from tests.labelled.draw import painted
from tests.labelled.pictures import Picture, pictures

_DEADLINE = 60.0


async def read_all() -> list[tuple[Picture, Analysis]]:
    """Every picture with what was read. One is painted when a process is free, so that few are held."""
    local = LocalProvider()
    places = asyncio.Semaphore(local.at_once or 1)

    async def read(picture: Picture) -> tuple[Picture, Analysis]:
        async with places:
            content = await asyncio.to_thread(painted, picture)
            (answer,) = await local.annotate([content], "", _DEADLINE)
            assert isinstance(answer, Analysis), answer
            return picture, answer

    try:
        return list(await asyncio.gather(*map(read, pictures())))
    finally:
        await local.close()
