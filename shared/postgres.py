"""The Postgres pool, named SQL files, and what a fault of the server looks like."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import TypeAlias

import asyncpg

from shared.settings import CommonSettings

Pool: TypeAlias = asyncpg.Pool
Connection: TypeAlias = asyncpg.Connection

_COMMAND_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
# The server is away or restarting, or undid a transaction for another's sake: the same may succeed
# later. Anything else is a defect.
UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    # Two members that hold the same rows for a moment (a rebalance) may lock them crosswise.
    asyncpg.DeadlockDetectedError,
    # What asyncpg 0.32 says of a connection that dies between a statement and its reset (a server's kill -9).
    asyncpg.InternalClientError,
)


class Statements:
    """The `.sql` files of one folder: one statement a file, called by the file's name."""

    def __init__(self, folder: Path) -> None:
        self._texts = {path.stem: path.read_text() for path in sorted(folder.glob("*.sql"))}

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def names(self) -> list[str]:
        return list(self._texts)


@cache
def statements_beside(module_file: str) -> Statements:
    """The statements in the folder `sql` beside a module: `statements_beside(__file__)`."""
    return Statements(Path(module_file).parent / "sql")


async def _keep(_connection: Connection) -> None:
    """No service leaves anything in a session, so none is reset: that would cost a round trip a use."""


@asynccontextmanager
async def pool(
    settings: CommonSettings, plan_cache_mode: str = "auto", work_mem: str = "4MB"
) -> AsyncIterator[Pool]:
    """As Postgres has them: `force_generic_plan` plans each statement once a connection; what a sort or a
    list of a statement takes beyond `work_mem` goes through files."""
    made = await asyncpg.create_pool(
        settings.database_url,
        min_size=1,
        max_size=settings.database_pool_size,
        timeout=_CONNECT_SECONDS,
        command_timeout=_COMMAND_SECONDS,
        reset=_keep,
        server_settings={
            "application_name": settings.instance,
            "timezone": "UTC",
            "plan_cache_mode": plan_cache_mode,
            "work_mem": work_mem,
        },
    )
    async with made:
        yield made
