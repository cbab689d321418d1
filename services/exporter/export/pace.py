"""How slow a reader may be: its export holds a file and a connection for as long as it reads."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# A line of 10 KB/s is served: 1 GB takes it a day. Whoever is slower, or silent for a minute, has gone.
_LEAST_BYTES_PER_SECOND = 4_096
_MOST_SECONDS = 60.0


class Pace:
    """A credit of seconds that waiting spends and reading earns. Used around each write."""

    def __init__(self, seconds: float = _MOST_SECONDS) -> None:
        self._most = self._left = seconds

    @asynccontextmanager
    async def of(self, size: int) -> AsyncIterator[None]:
        """Around the write of `size` bytes. Raises TimeoutError when the credit is spent."""
        began = time.monotonic()
        async with asyncio.timeout(self._left):
            yield
        spent = time.monotonic() - began
        self._left = min(self._most, self._left - spent + size / _LEAST_BYTES_PER_SECOND)
