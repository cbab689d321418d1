"""The monitor's story: result events become rates that pages and estimates read.

Receive (a poll of the topic) → decide (count by batch and ten seconds) → act (add to the buckets, in
the transaction that moves the offsets) → acknowledge (its commit). What is stored can be built again
from the events that Kafka still keeps. A record counts once, an event that was sent twice counts twice:
rates are estimates, and what must be exact is the exporter's.
"""

from collections.abc import Sequence

from services.monitor.counting import Counted, tally
from shared.postgres import Connection, statements_beside
from shared.projection import Taken

_SQL = statements_beside(__file__)


async def count(connection: Connection, poll: Sequence[Taken[Counted]]) -> None:
    """One upsert a poll: one a result was a quarter of all CPU."""
    if buckets := tally(taken.event for taken in poll):
        await connection.execute(_SQL["rates_add"], *map(list, zip(*buckets, strict=True)))


async def nothing_after(_poll: Sequence[Taken[Counted]]) -> None:
    """Nothing follows from a count."""
