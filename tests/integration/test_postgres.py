"""What a fault of the server looks like to those who wait for it."""

import asyncio

import asyncpg

from shared.postgres import UNAVAILABLE


async def test_who_loses_a_deadlock_tries_again(database_url: str) -> None:
    """Two members that lock two rows crosswise: one goes on, the other must not end its process."""
    one, other = [await asyncpg.connect(database_url) for _ in range(2)]
    try:
        await one.execute("create table rows as select generate_series(1, 2) as id")
        both = asyncio.Barrier(2)
        ended = await asyncio.gather(_lock(one, both, 1, 2), _lock(other, both, 2, 1), return_exceptions=True)
    finally:
        await one.close()
        await other.close()
    lost = [error for error in ended if error is not None]
    assert len(lost) == 1
    assert isinstance(lost[0], UNAVAILABLE)


async def _lock(connection: asyncpg.Connection, both: asyncio.Barrier, first: int, second: int) -> None:
    await connection.execute("set deadlock_timeout = '50ms'")
    async with connection.transaction():
        await connection.execute("update rows set id = id where id = $1", first)
        await both.wait()
        await connection.execute("update rows set id = id where id = $1", second)
