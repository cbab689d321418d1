"""The Redis client: bounded, waiting for a free connection, with a deadline on every call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import hiredis
from redis.asyncio import BlockingConnectionPool, Connection, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shared.settings import CommonSettings

_CALL_SECONDS = 3.0
# What a Redis that is away looks like. `redis.asyncio` raises its own TimeoutError, too.
UNAVAILABLE = (RedisError, OSError, TimeoutError)


class _Connection(Connection):
    def pack_command(self, *args: Any) -> list[bytes]:
        """In C: the asynchronous client does it in Python, word by word."""
        return [hiredis.pack_command((*args[0].split(), *args[1:]))]


class _Client(Redis):
    """One deadline a call, for a free connection, the sending and the answer together: the client's own
    `socket_timeout` makes a task of each sending."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        async with asyncio.timeout(_CALL_SECONDS):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> "_Pipeline":
        return _Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class _Pipeline(Pipeline):
    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        async with asyncio.timeout(_CALL_SECONDS):
            return await super().execute(raise_on_error)


@asynccontextmanager
async def connect(settings: CommonSettings) -> AsyncIterator[Redis]:
    """The default pool raises when it is full; this one waits for a connection."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        connection_class=_Connection,
        max_connections=settings.redis_max_connections,
        timeout=None,
        socket_timeout=None,
        socket_connect_timeout=_CALL_SECONDS,
        client_name=settings.instance,
        # Once, for a connection that a restart left dead in the pool: the default makes 3 s into 12.
        retry=Retry(NoBackoff(), 1),
    )
    client = _Client(connection_pool=pool)
    try:
        yield client
    finally:
        await client.aclose()
        await pool.aclose()


def raw(reply: bytes | str) -> bytes:
    """Replies are bytes, since nothing here asks for decoded ones: for the type checker."""
    assert isinstance(reply, bytes)
    return reply


def script(module_file: str, name: str) -> str:
    """The text of a Lua script that lies beside a module: `script(__file__, "permit")`."""
    return (Path(module_file).parent / f"{name}.lua").read_text()
