"""How many rows wait, and how long a running batch has stood still: what tells that nothing goes on, whatever
the cause."""

from shared import metrics
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_LOOK_SECONDS = 5.0


async def look_forever(pool: Pool, stop: Stop) -> None:
    while not await stop.wait(_LOOK_SECONDS):
        try:
            await look(pool)
        except UNAVAILABLE as error:
            log.warning("waiting work not measured", error=type(error).__name__)


async def look(pool: Pool) -> None:
    row = await pool.fetchrow(_SQL["waiting"])
    assert row is not None
    metrics.ROWS_WAITING.set(row["rows"])
    metrics.BATCH_STANDSTILL.set(row["standstill"])
    metrics.MEASURED.labels("waiting").set_to_current_time()
