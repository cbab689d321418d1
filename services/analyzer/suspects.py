"""Which row of a slice ends its process (rule 6): a marker stands in Redis while one may, and outlives it.

A slice whose takers died is worked on as any other, since most deaths come from outside. Its rows are marked
where they may be deadly: while a row's answer is read, one row of a process at a time; and in a call, for the
provider's answer is read for all of its images at once. A fetch is not marked while it goes
on: nothing is decoded in it, and many go on at once. Who was in a call at a death shares the next with few,
then with none. A kill from outside costs a few calls more, and makes no row guilty.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from redis.asyncio import Redis

from shared.redis import raw

# A row that was marked at so many deaths is a failed result.
GUILTY = 3
ANY_COMPANY = 1_000
# How many may share a row's next call, by its deaths in calls; after these it is alone.
_COMPANY = (ANY_COMPANY, 4)
_DAY_SECONDS = 86_400
T = TypeVar("T")


def marks_key(slice_id: UUID) -> str:
    """A hash: ROW -> deaths while its answer was read, and by its fetch; ROW/call -> deaths while it was in a
    call; one more each while that goes on."""
    return f"marks:{slice_id}"


class Suspect:
    """One row. `read`: deaths while its answer was read, and by its fetch; `called`: while in a call."""

    def __init__(self, marks: "Marks", slice_id: UUID, row_no: int, read: int, called: int) -> None:
        self._marks = marks
        self._slice_id = slice_id
        self._row = str(row_no)
        self.guilty = read >= GUILTY or called >= len(_COMPANY) + GUILTY
        self.company = _COMPANY[called] if called < len(_COMPANY) else 1

    async def sent(self) -> None:
        """A call that the row is in is about to be made."""
        await self._marks.add(self._slice_id, f"{self._row}/call", +1)

    async def answered(self) -> None:
        """Of each call that was sent: it has ended, and its process lives."""
        await self._marks.add(self._slice_id, f"{self._row}/call", -1)

    async def failed(self) -> None:
        """Its fetch ended in an error that nobody foresaw, which is about to end the process."""
        await self._marks.add(self._slice_id, self._row, +1)

    async def reading(self, read: Callable[[], T]) -> T:
        """What `read` returns. When it ends the process, by a signal or by an error that nobody foresaw, the
        marker stays."""
        async with self._marks.one_at_a_time:
            await self._marks.add(self._slice_id, self._row, +1)
            told = read()
            await self._marks.add(self._slice_id, self._row, -1)
        return told


class Marks:
    """Of a process."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        # The row that is deadly must be the one that is marked.
        self.one_at_a_time = asyncio.Lock()

    async def suspects(self, slice_id: UUID, rows: list[int]) -> Mapping[int, Suspect]:
        """By row, as the deaths before have left them."""
        found = await self._redis.hgetall(marks_key(slice_id))
        counts = {raw(field).decode(): int(count) for field, count in found.items()}
        return {
            row: Suspect(self, slice_id, row, counts.get(f"{row}", 0), counts.get(f"{row}/call", 0))
            for row in rows
        }

    async def add(self, slice_id: UUID, field: str, by: int) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hincrby(marks_key(slice_id), field, by)
            pipe.expire(marks_key(slice_id), _DAY_SECONDS)
            await pipe.execute()
