"""What the user wants of a batch, mirrored in Redis so that a pause works in milliseconds."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis

from shared.redis import script

_DAYS_KEPT = 40


class State(StrEnum):
    HELD = "held"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class Desired(NamedTuple):
    """`version` only grows; the higher one is right, wherever it was read."""

    version: int
    state: State


def key(batch_id: UUID) -> str:
    return f"desired:{batch_id}"


class DesiredMirror:
    """The higher version wins, so several writers and late ones do no harm."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._write = redis.register_script(script(__file__, "desired_write"))

    async def write(self, batch_id: UUID, desired: Desired) -> None:
        await self._write(
            keys=[key(batch_id)], args=[desired.version, desired.state.value, _DAYS_KEPT * 86_400]
        )

    async def read(self, batches: Iterable[UUID]) -> dict[UUID, Desired]:
        """Only those that the mirror knows."""
        wanted = list(batches)
        async with self._redis.pipeline(transaction=False) as pipe:
            for batch in wanted:
                pipe.hmget(key(batch), "version", "state")
            rows = await pipe.execute()
        return {
            batch: Desired(int(version), State(state.decode()))
            for batch, (version, state) in zip(wanted, rows, strict=True)
            if version is not None
        }
