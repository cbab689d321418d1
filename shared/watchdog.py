"""Ends the process when its consumer stops making progress although there is something to read.

aiokafka's own poll watchdog can be disabled for good by a cancelled poll, and its fetcher can stop
in silence; the supervisor's restart is the one cure that always works.
"""

import asyncio
import time
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.logs import log
from shared.ops import Health
from shared.stopping import Stop

_LOOK_SECONDS = 10.0
_STUCK_SECONDS = 90.0


class Stuck(Exception):
    """The consumer reads nothing although its log has more."""


class Watchdog:
    """`busy` says that the consumer has as much in hand as it may: then it need not read."""

    def __init__(self, consumer: AIOKafkaConsumer, health: Health, busy: Callable[[], bool]) -> None:
        self._consumer = consumer
        self._health = health
        self._busy = busy
        self._positions: dict[TopicPartition, int] = {}
        self._moved_at = time.monotonic()

    async def run(self, stop: Stop) -> None:
        while not await stop.wait(_LOOK_SECONDS):
            try:
                # A position is waited for, without end, while its broker is away.
                async with asyncio.timeout(_LOOK_SECONDS):
                    idle = self._busy() or not await self._behind()
            except (KafkaError, TimeoutError):
                idle = True  # the broker is away: nothing could be read
            if idle:
                self._moved_at = time.monotonic()
            elif time.monotonic() - self._moved_at > _STUCK_SECONDS:
                self._health.stuck = "the consumer makes no progress"
                log.error("no progress", seconds=round(time.monotonic() - self._moved_at))
                raise Stuck(self._health.stuck)

    async def _behind(self) -> bool:
        """True when no position moved since the last look and at least one log has more."""
        mine = self._consumer.assignment()
        if not mine:
            return False
        ends = await self._consumer.end_offsets(list(mine))
        positions = {tp: await self._consumer.position(tp) for tp in mine}
        still = positions == self._positions
        self._positions = positions
        return still and any(positions[tp] < end for tp, end in ends.items())
