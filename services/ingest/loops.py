"""Runs one step of work again and again: a deadline each, and outages waited out for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError

from shared import postgres, redis
from shared.logs import log
from shared.stopping import Stop

_STEP_SECONDS = 60.0
_RETRY_SECONDS = 1.0
_OUTAGE_SECONDS = 120.0
UNAVAILABLE = (*postgres.UNAVAILABLE, *redis.UNAVAILABLE, KafkaError)


async def repeat(
    name: str, step: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[object]], stop: Stop
) -> None:
    """Until `stop`; a step is finished first. An outage that outlasts its budget ends the process."""
    healthy_at = time.monotonic()
    while not stop.asked:
        try:
            async with asyncio.timeout(_STEP_SECONDS):
                await step()
        except UNAVAILABLE as error:
            log.warning("waits", loop=name, error=type(error).__name__)
            if time.monotonic() - healthy_at > _OUTAGE_SECONDS:
                raise
            await stop.wait(_RETRY_SECONDS)
        else:
            healthy_at = time.monotonic()
            await pause()
