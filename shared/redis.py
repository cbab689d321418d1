"""The Redis client: bounded, waiting for a free connection, with a deadline on every call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shared.settings import CommonSettings

_CALL_SECONDS = 3.0
# What a Redis that is away looks like. `redis.asyncio` raises its own TimeoutError, too.
UNAVAILABLE = (RedisError, OSError, TimeoutError)


@asynccontextmanager
async def connect(settings: CommonSettings) -> AsyncIterator[Redis]:
    """The default pool raises when it is full; this one waits for a connection."""
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=settings.redis_max_connections,
        timeout=_CALL_SECONDS,
        socket_timeout=_CALL_SECONDS,
        socket_connect_timeout=_CALL_SECONDS,
        client_name=settings.instance,
        # Once, for a connection that a restart left dead in the pool: the default makes 3 s into 12.
        retry=Retry(NoBackoff(), 1),
    )
    client = Redis(connection_pool=pool)
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
