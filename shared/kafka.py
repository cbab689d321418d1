"""Kafka clients with the settings that measurements chose, and an idempotent producer."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.partitioner import murmur2

from shared import metrics
from shared.events import Event
from shared.topics import Named, Topic
from shared.wire import encode, headers_of

# 5-20 ms cost nothing, 50 a third of the throughput (measured over the whole way).
_LINGER_MS = 20
_REQUEST_MS = 30_000
_LONG_POLL_MS = 1_000
_WORTH_BYTES = 1 << 20
# A broker that hangs must not use up what a process has for its end (20 s).
_FLUSH_SECONDS = 5.0
Record: TypeAlias = ConsumerRecord


@lru_cache(maxsize=20_000)  # murmur2 is Python: 5-15 µs a key
def _hashed(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """Of so many partitions, as Kafka's clients choose by default."""
    return _hashed(key) % partitions


def choose(key: bytes | None, partitions: Sequence[int], available: Sequence[int]) -> int:
    """The producer's partitioner. Only a dead letter may have no key."""
    if key is None:
        return random.choice(available or partitions)
    return partitions[partition_of(key, len(partitions))]


class Producer:
    """acks=all, idempotent: a retry inside the client makes no second record."""

    def __init__(self, client: AIOKafkaProducer, names: Named) -> None:
        self._client = client
        self._names = names

    async def send(self, topic: Topic, key: bytes, event: Event) -> asyncio.Future[object]:
        """Returns once the event is in the client's buffer; the future ends when it is acknowledged."""
        name = self._names.topic(topic)
        sent: asyncio.Future[object] = await self._client.send(
            name, encode(event), key=key, headers=headers_of(event)
        )
        return sent

    async def send_together(self, topic: Topic, key: bytes, events: Sequence[Event]) -> None:
        """Events of one key in as few batches as hold them; returns when all are acknowledged.

        One by one, each passes through the client's queue by itself: 60 µs a record against 20."""
        name = self._names.topic(topic)
        partition = partition_of(key, len(await self._client.partitions_for(name)))
        batch = self._client.create_batch()
        sent = []
        for event in events:
            body, headers = encode(event), headers_of(event)
            if batch.append(timestamp=None, key=key, value=body, headers=headers) is None:  # full
                sent.append(await self._client.send_batch(batch, name, partition=partition))
                batch = self._client.create_batch()
                batch.append(timestamp=None, key=key, value=body, headers=headers)
        batch.close()  # the client adds nothing to it, and does not wait for more
        sent.append(await self._client.send_batch(batch, name, partition=partition))
        await asyncio.gather(*sent)

    async def send_raw(
        self, topic: Topic, key: bytes | None, body: bytes | None, headers: Iterable[tuple[str, bytes]]
    ) -> None:
        """Returns when the record is acknowledged."""
        name = self._names.topic(topic)
        await self._client.send_and_wait(name, body, key=key, headers=list(headers))

    async def ping(self) -> None:
        """Asks a broker for its metadata; raises when none answers."""
        await self._client.client.fetch_all_metadata()

    async def dead_letter(self, topic: Topic, record: Record, reason: str) -> None:
        """The original bytes, with the reason and the origin as headers."""
        origin = f"{record.topic}/{record.partition}/{record.offset}"
        extra = [("dlq_reason", reason.encode()[:2_000]), ("dlq_origin", origin.encode())]
        await self.send_raw(topic.dead_letters, record.key, record.value, [*record.headers, *extra])
        metrics.DEAD_LETTERS.labels(topic.name).inc()


@asynccontextmanager
async def producer(bootstrap: str, names: Named) -> AsyncIterator[Producer]:
    client = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        partitioner=choose,
        linger_ms=_LINGER_MS,
        max_batch_size=262_144,
        max_request_size=1_048_576,
        request_timeout_ms=_REQUEST_MS,
    )
    await client.start()
    try:
        yield Producer(client, names)
    finally:
        async with asyncio.timeout(_FLUSH_SECONDS):
            await client.stop()


@asynccontextmanager
async def consumer(
    bootstrap: str, group: str, instance: str, gather_ms: int = 0
) -> AsyncIterator[AIOKafkaConsumer]:
    """Not subscribed yet. Never auto-commits; a stored offset outside the log starts at the earliest.

    `gather_ms` is how long a poll may wait to be worth a transaction; 0 takes records as they come."""
    client = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        client_id=instance,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        # The least that brokers allow by default: a dead member's partitions move after it.
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_500,
        # Gives one member the same partitions of every topic it reads: ingest owns batches by it.
        partition_assignment_strategy=(RangePartitionAssignor,),
        rebalance_timeout_ms=30_000,
        max_poll_interval_ms=300_000,
        # A topic that was made a moment ago is found after this, not after the default five minutes.
        metadata_max_age_ms=10_000,
        fetch_max_wait_ms=gather_ms or _LONG_POLL_MS,
        fetch_min_bytes=_WORTH_BYTES if gather_ms else 1,
        max_partition_fetch_bytes=2_097_152,
        request_timeout_ms=_REQUEST_MS,
    )
    await client.start()
    try:
        yield client
    finally:
        async with asyncio.timeout(_FLUSH_SECONDS):
            await client.stop()
