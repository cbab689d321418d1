"""Forgets rates that nobody reads any more."""

from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside
from shared.stopping import Stop

_SQL = statements_beside(__file__)
_EVERY_SECONDS = 600.0


async def purge_forever(pool: Pool, stop: Stop) -> None:
    while not await stop.wait(_EVERY_SECONDS):
        try:
            await pool.execute(_SQL["rates_purge"])
        except UNAVAILABLE as error:
            log.warning("rates not purged", error=type(error).__name__)
