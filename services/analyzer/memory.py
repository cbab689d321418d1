"""The memory that downloaded pictures may take: while it is full, no download begins."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

# What a picture counts for until its size is known.
_EXPECTED = 1_000_000


class Memory:
    """`most` bytes, passed by no more than what downloads under way turn out larger than expected."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._freed = asyncio.Event()
        self.taken = 0

    @asynccontextmanager
    async def share(self) -> AsyncIterator[Callable[[int], None]]:
        """Waits for room; yields what to call with the picture's size."""
        while self.taken >= self._most:
            self._freed.clear()
            await self._freed.wait()
        mine = 0

        def take(size: int) -> None:
            nonlocal mine
            self.taken += size - mine
            mine = size
            self._freed.set()

        take(_EXPECTED)
        try:
            yield take
        finally:
            take(0)
