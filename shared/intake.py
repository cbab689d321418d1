"""Takes records one by one when there is room, and acknowledges the contiguous finished prefix only.

Backpressure is pausing: a full intake pauses its partitions and keeps polling. A rebalance rebuilds
aiokafka's partition state, so positions return to the commit and work in hand comes again: it is
kept running and recognised by its offset (rule 10).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared import metrics
from shared.dead_letters import DeadLetters
from shared.events import Event
from shared.kafka import Producer, Record
from shared.logs import log
from shared.prefix import Prefix
from shared.stopping import Stop
from shared.topics import Topic
from shared.wire import Decoder, Undecodable

_POLL_MS = 200
_FULL_WAIT_SECONDS = 0.5
_COMMIT_EVERY_SECONDS = 0.5
# The client tries again without end while its group's coordinator is away.
_COMMIT_SECONDS = 5.0
E = TypeVar("E", bound=Event)


class Intake(ConsumerRebalanceListener, Generic[E]):  # type: ignore[misc]  # aiokafka has no types
    """`handle` is called with at most `capacity` events at a time; it returns when its event is done.

    An exception in `handle` ends the intake: everything but poison is a crash, then a restart.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        producer: Producer,
        topic: Topic,
        decoder: Decoder[E],
        handle: Callable[[E], Awaitable[None]],
        capacity: int,
    ) -> None:
        self._consumer = consumer
        self._dead_letters = DeadLetters(producer, topic)
        self._decoder = decoder
        self._handle = handle
        self._capacity = capacity
        self._prefixes: dict[TopicPartition, Prefix] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._running: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        return len(self._running)

    async def run(self, names: Iterable[str], stop: Stop) -> None:
        """Until `stop`; then work in hand is awaited and acknowledged."""
        self._consumer.subscribe(list(names), listener=self)
        committing = asyncio.create_task(self._commit_forever())
        try:
            while not stop.asked and not committing.done():
                await self._turn()
            await asyncio.gather(*self._running)
            if committing.done():
                committing.result()
        finally:
            committing.cancel()
            for task in self._running:
                task.cancel()
            await asyncio.gather(committing, *self._running, return_exceptions=True)
        await self._commit()

    async def _turn(self) -> None:
        free = self._capacity - len(self._running)
        if free > 0:
            self._consumer.resume(*self._consumer.paused())
            polled = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=free)
        else:
            polled = await self._wait_for_room()
        for partition, records in polled.items():
            for record in records:
                self._begin(partition, record)
        self._reap()

    async def _wait_for_room(self) -> dict[TopicPartition, list[Record]]:
        """Pausing throws away what the client has fetched ahead, so it is for work that is long; and
        nothing may come between the pause and the poll, or a rebalance there would let records in."""
        done, _ = await asyncio.wait(
            self._running, timeout=_FULL_WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if done:
            return {}
        self._consumer.pause(*self._consumer.assignment())
        polled: dict[TopicPartition, list[Record]] = await self._consumer.getmany(timeout_ms=0)
        return polled

    def _begin(self, partition: TopicPartition, record: Record) -> None:
        prefix = self._prefixes.get(partition)
        if prefix is None or self._was_cut(partition, prefix):
            prefix = self._prefixes[partition] = Prefix(record.offset)
        if prefix.begin(record.offset):
            metrics.RECORDS_READ.labels(record.topic).inc()
            task = asyncio.create_task(self._work(prefix, record))
            self._running.add(task)

    def _was_cut(self, partition: TopicPartition, prefix: Prefix) -> bool:
        """The log ends left of what was finished: the broker lost its tail, and offsets start again."""
        end = self._consumer.highwater(partition)
        return end is not None and end < prefix.position

    async def _work(self, prefix: Prefix, record: Record) -> None:
        try:
            event = self._decoder.decode(record.headers, record.value)
        except Undecodable as error:
            await self._dead_letters.bury(record, str(error))
        else:
            await self._handle(event)
        prefix.finish(record.offset)

    def _reap(self) -> None:
        for task in [task for task in self._running if task.done()]:
            self._running.remove(task)
            task.result()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._commit()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Partitions that left are forgotten; those that stayed keep what is in hand."""
        mine = set(assigned)
        self._prefixes = {tp: prefix for tp, prefix in self._prefixes.items() if tp in mine}
        self._committed = {}

    async def _commit_forever(self) -> None:
        while True:
            await asyncio.sleep(_COMMIT_EVERY_SECONDS)
            await self._commit()

    async def _commit(self) -> None:
        """Acknowledges every partition's prefix. A commit that fails is tried again with the next."""
        mine = self._consumer.assignment()
        edges = {tp: prefix.position for tp, prefix in self._prefixes.items() if tp in mine}
        moved = {tp: edge for tp, edge in edges.items() if self._committed.get(tp) != edge}
        if not moved:
            return
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await self._consumer.commit(moved)
        except (CommitFailedError, IllegalStateError, KafkaError, TimeoutError) as error:
            log.warning("offsets not committed", error=type(error).__name__)
        else:
            self._committed |= moved
