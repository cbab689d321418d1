"""Calls to Redis end: one that is there and says nothing costs its caller the deadline, no more."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Connection

from shared import redis
from shared.settings import CommonSettings

_DEADLINE = 0.2


@asynccontextmanager
async def _silent() -> AsyncIterator[CommonSettings]:
    """Settings of a server that takes connections and never answers."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield CommonSettings(
            database_url="",
            redis_url=f"redis://127.0.0.1:{port}",
            kafka_bootstrap_servers="",
            redis_max_connections=1,
        )
        for writer in taken:
            writer.transport.abort()
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "_CALL_SECONDS", _DEADLINE)


async def test_a_silent_server_is_unavailable() -> None:
    async with _silent() as settings, redis.connect(settings) as client:
        began = time.monotonic()
        with pytest.raises(redis.UNAVAILABLE):
            await client.get("key")
        with pytest.raises(redis.UNAVAILABLE):
            await client.register_script("return 1")()
        pipe = client.pipeline(transaction=False)
        pipe.get("key")
        with pytest.raises(redis.UNAVAILABLE):
            await pipe.execute()
        assert time.monotonic() - began < 10 * _DEADLINE


async def test_who_finds_no_connection_free_waits_no_longer_than_its_deadline() -> None:
    async with _silent() as settings, redis.connect(settings) as client:
        began = time.monotonic()
        ended = await asyncio.gather(*(client.get("key") for _ in range(5)), return_exceptions=True)
        assert all(isinstance(end, redis.UNAVAILABLE) for end in ended)
        assert time.monotonic() - began < 5 * _DEADLINE


@given(
    st.sampled_from(["GET", "EVALSHA", "CONFIG GET", "SCRIPT LOAD"]),
    st.lists(st.binary(max_size=20) | st.text(st.characters(codec="utf-8")) | st.integers() | st.floats()),
)
def test_commands_are_packed_as_the_client_itself_would(
    command: str, words: list[str | bytes | int | float]
) -> None:
    ours, theirs = (kind().pack_command(command, *words) for kind in (redis._Connection, Connection))
    assert b"".join(ours) == b"".join(theirs)
