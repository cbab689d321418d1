"""The exporter's story: result events become rows, rows are counted, counts end batches.

Receive (a poll of the topic) → decide (whose rows these are) → act (rows of a new or higher attempt and
the counters of their chunks, in the transaction that moves the offsets) → acknowledge (its commit) → end
the batches that are whole. An event that comes again, or late, changes nothing (rule 3).
"""

from collections.abc import Sequence
from uuid import UUID

from services.exporter.endings import Endings
from services.exporter.standing import Standing, belongs, lock_standings, unwanted_of
from services.exporter.storing import REFUSED, Chunk, replacement, store
from shared import metrics
from shared.dead_letters import DeadLetters
from shared.events import ImageAnalyzed
from shared.postgres import Connection
from shared.projection import Taken

Poll = Sequence[Taken[ImageAnalyzed]]


class Handler:
    def __init__(self, dead_letters: DeadLetters, endings: Endings) -> None:
        self._dead_letters = dead_letters
        self._endings = endings
        self._chunks: list[Chunk] = []
        self._standings: dict[UUID, Standing] = {}

    async def store(self, connection: Connection, poll: Poll) -> None:
        """Inside the projecting transaction. Events of batches that are gone are dropped (rule 8),
        and so are attempts that nobody wants: a database that was restored may not know of a retry."""
        self._standings = await lock_standings(connection, {taken.event.batch_id for taken in poll})
        mine: list[Taken[ImageAnalyzed]] = []
        for taken in poll:
            standing = self._standings.get(taken.event.batch_id)
            if standing is None:
                continue
            if belongs(taken.event, standing):
                mine.append(taken)
            else:
                await self._dead_letters.bury(taken.record, "it names no row of its batch")
        unwanted = await unwanted_of(connection, [taken.event for taken in mine])
        # Making each event's id takes 2 µs.
        wanted = [taken for taken in mine if taken.event.event_id not in unwanted] if unwanted else mine
        self._chunks = await self._store_or_halve(connection, wanted)

    async def end(self, _poll: Poll) -> None:
        """After the commit, in a new statement: two members that commit the last two chunks at the same
        time would each miss the other's inside their transactions. The first end of a run wins: a cancel that
        came before stands (endings.py, shared/ends.py)."""
        metrics.RESULTS_STORED.inc(sum(chunk.stored for chunk in self._chunks))
        whole = {
            c.batch_id for c in self._chunks if c.settled >= self._standings[c.batch_id].rows_of(c.chunk_no)
        }
        if whole:
            await self._endings.end_whole(whole)

    async def _store_or_halve(self, connection: Connection, poll: Poll) -> list[Chunk]:
        """A poll that Postgres refuses is halved until the bad row is found (rule 7)."""
        if not poll:
            return []
        try:
            return await store(connection, [taken.event for taken in poll])
        except REFUSED as error:
            if len(poll) == 1:
                await self._dead_letters.bury(poll[0].record, f"Postgres refuses it: {type(error).__name__}")
                return await store(connection, [replacement(poll[0].event)])
        half = len(poll) // 2
        return [
            *await self._store_or_halve(connection, poll[:half]),
            *await self._store_or_halve(connection, poll[half:]),
        ]
