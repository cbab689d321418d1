"""Takes deleted batches out of the book."""

from shared.postgres import Pool, statements_beside

_SQL = statements_beside(__file__)
EVERY_SECONDS = 10.0
_PAGES = 1_000


class Purge:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def purge(self) -> None:
        await self._pool.execute(_SQL["purge"], _PAGES)
