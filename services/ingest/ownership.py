"""Which batches are this member's: those whose partition of the outcomes is assigned to it."""

from collections.abc import Callable, Iterable
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener

from shared.kafka import partition_of
from shared.logs import log


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Two members may both believe to own a batch for a moment; the epoch in the book tells them apart.

    So nothing has to be given up before a rebalance, and what stays is not interrupted by it.
    """

    def __init__(self, consumer: AIOKafkaConsumer, outcomes: str, changed: Callable[[], None]) -> None:
        self._consumer = consumer
        self._outcomes = outcomes
        self._changed = changed
        self._mine: frozenset[int] = frozenset()
        self._partitions = 0

    def mine(self, batch_id: UUID) -> bool:
        key = str(batch_id).encode()
        return self._partitions > 0 and partition_of(key, self._partitions) in self._mine

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """What is kept comes back with the assignment."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._mine = frozenset(tp.partition for tp in assigned if tp.topic == self._outcomes)
        self._partitions = len(self._consumer.partitions_for_topic(self._outcomes) or ())
        log.info("owns the batches of partitions", partitions=sorted(self._mine), of=self._partitions)
        self._changed()
