"""The memory that pictures in hand may take: who finds too little waits in line, and holds none meanwhile."""

import asyncio
from collections import deque
from typing import Self


class Portion:
    """What one picture takes of the memory, in bytes; given back when its context ends."""

    def __init__(self, memory: "Memory") -> None:
        self._memory = memory
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.become(0)

    async def take(self, size: int) -> None:
        """Gives back what it has, and waits for `size`."""
        self.become(0)
        await self._memory.wait(size)
        self.size = size

    def grow(self, size: int) -> bool:
        """Takes at least `size` if there is room now and nobody waits for it."""
        more = size - self.size
        if more > 0:
            if not self._memory.has(more):
                return False
            self._memory.taken += more
            self.size = size
        return True

    def become(self, size: int) -> None:
        """What is in hand counts, even if it is more than before."""
        less = self.size - size
        self.size = size
        self._memory.give(less)


class Memory:
    """At most `most` bytes are taken, unless a single picture is larger."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.taken = 0

    def portion(self) -> Portion:
        return Portion(self)

    def has(self, size: int) -> bool:
        return not self._line and self._fits(size)

    async def wait(self, size: int) -> None:
        """First come, first served, or small pictures would keep a large one waiting for ever."""
        if self.has(size):
            self.taken += size
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((size, place))
        try:
            await place
        except asyncio.CancelledError:
            self.give(0 if place.cancelled() else size)
            raise

    def give(self, size: int) -> None:
        self.taken -= size
        while self._line and (self._line[0][1].done() or self._fits(self._line[0][0])):
            wanted, place = self._line.popleft()
            if not place.done():
                self.taken += wanted
                place.set_result(None)

    def _fits(self, size: int) -> bool:
        return self.taken == 0 or self.taken + size <= self._most
