"""Which batches run, as this process knows it: the higher version is right, wherever it was read."""

from collections.abc import Iterable
from uuid import UUID

from shared.desired import Desired, DesiredMirror, State
from shared.postgres import Pool, statements_beside

_SQL = statements_beside(__file__)


class States:
    """Redis is looked at often; Postgres when Redis is behind or empty, and every few seconds."""

    def __init__(self, mirror: DesiredMirror, pool: Pool) -> None:
        self._mirror = mirror
        self._pool = pool

    async def not_running(self, batches: Iterable[UUID]) -> set[UUID]:
        """By the mirror alone; what it does not know is left to `refresh`."""
        known = await self._mirror.read(batches)
        return {batch for batch, desired in known.items() if desired.state is not State.RUNNING}

    async def refresh(self, batches: Iterable[UUID]) -> None:
        """Reads the truth from Postgres into the mirror. A batch that is gone counts as deleted."""
        wanted = list(batches)
        rows = await self._pool.fetch(_SQL["desired_read"], wanted)
        truth = {row["batch_id"]: Desired(row["version"], State(row["desired"])) for row in rows}
        for batch in wanted:
            await self._mirror.write(batch, truth.get(batch, Desired(2**53, State.DELETED)))
