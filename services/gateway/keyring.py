"""The keys that are valid now, in memory: a request costs no look at Postgres, a flood of guesses a few."""

import asyncio
import time
from typing import NamedTuple
from uuid import UUID

from services.gateway.access import Role
from services.gateway.keys import print_of
from shared.postgres import Pool, statements_beside

_SQL = statements_beside(__file__)
# How long a revoked key may still work.
_FRESH_SECONDS = 2.0
# How often keys that are not here are looked for: they may just have been made.
_MISS_SECONDS = 0.25
_QUERY_SECONDS = 5.0
_USED_SECONDS = 60.0


class Known(NamedTuple):
    key_id: UUID
    name: str
    role: Role


class Keyring:
    """What it knows is never older than 2 s: `find` and `get` fail when Postgres does not answer."""

    def __init__(self, pool: Pool, secret: str) -> None:
        self._pool = pool
        self._secret = secret
        self._by_print: dict[bytes, Known] = {}
        self._by_id: dict[UUID, Known] = {}
        self._used_at: dict[UUID, float] = {}
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def find(self, key: str) -> Known | None:
        """A key that was made before this call is found, wherever it was made."""
        wanted, asked = print_of(self._secret, key), time.monotonic()
        await self._refresh(asked - _FRESH_SECONDS)
        if wanted not in self._by_print:
            await self._refresh(asked, _MISS_SECONDS)
        found = self._by_print.get(wanted)
        return await self._used(found) if found else None

    async def get(self, key_id: UUID) -> Known | None:
        await self._refresh(time.monotonic() - _FRESH_SECONDS)
        found = self._by_id.get(key_id)
        return await self._used(found) if found else None

    async def _refresh(self, since: float, pause: float = 0.0) -> None:
        """Reads the keys unless they were read since; one reads for all who wait. Two readings are `pause`
        seconds apart: however many guess, Postgres is asked four times a second."""
        if self._read_at >= since:
            return
        async with self._reading:
            if self._read_at >= since:
                return
            await asyncio.sleep(self._read_at + pause - time.monotonic())
            began = time.monotonic()
            rows = await self._pool.fetch(_SQL["api_keys_valid"], timeout=_QUERY_SECONDS)
            found = {row["print"]: Known(row["key_id"], row["name"], Role(row["role"])) for row in rows}
            self._by_print, self._by_id = found, {known.key_id: known for known in found.values()}
            self._read_at = began

    async def _used(self, known: Known) -> Known:
        """Writes down that it is used, once a minute."""
        now = time.monotonic()
        if now - self._used_at.get(known.key_id, float("-inf")) >= _USED_SECONDS:
            self._used_at[known.key_id] = now
            await self._pool.execute(_SQL["api_key_used"], known.key_id, timeout=_QUERY_SECONDS)
        return known
