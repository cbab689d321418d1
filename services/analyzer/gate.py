"""Slices run side by side; a suspicious one runs alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._inside = 0
        self._waiting_alone = 0

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """With others, but not while one is alone or waits to be."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting_alone)
            self._inside += 1
        try:
            yield
        finally:
            async with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        async with self._changed:
            self._waiting_alone += 1
            try:
                await self._changed.wait_for(lambda: not self._inside)
            except BaseException:
                self._waiting_alone -= 1
                self._changed.notify_all()
                raise
            self._inside += 1
        try:
            yield
        finally:
            async with self._changed:
                self._inside -= 1
                self._waiting_alone -= 1
                self._changed.notify_all()
