"""Kafka into Postgres: a poll's rows and its offsets in one transaction.

The offsets live beside the rows and move by compare-and-set, so a poll is projected once, whoever
reads it; Kafka's own commit is only for those who look at lag.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from shared import metrics
from shared.events import Event
from shared.kafka import Producer, Record
from shared.logs import log
from shared.postgres import UNAVAILABLE, Connection, Pool
from shared.stopping import Stop
from shared.topics import Topic
from shared.wire import Decoder, Undecodable

_POLL_MS = 200
_MAX_RECORDS = 2_000
_OUTAGE_SECONDS = 120.0
_RETRY_SECONDS = 0.5
_READ = "select topic, partition, next_offset from {schema}.offsets where topic = any($1::text[])"
_MOVE = """
    insert into {schema}.offsets as o (topic, partition, next_offset)
    select * from unnest($1::text[], $2::int[], $3::bigint[])
    on conflict (topic, partition) do update set next_offset = excluded.next_offset
    where o.next_offset is not distinct from
        (select e.was from unnest($1::text[], $2::int[], $4::bigint[]) as e (topic, partition, was)
         where e.topic = o.topic and e.partition = o.partition)
"""
E = TypeVar("E", bound=Event)
Polled = dict[TopicPartition, list[Record]]


class Overtaken(Exception):
    """Another member projected these records: what this one holds is old."""


class Projection(ConsumerRebalanceListener, Generic[E]):  # type: ignore[misc]  # aiokafka has no types
    """`project(connection, events)` runs inside the transaction; `after(events)` once it committed."""

    def __init__(
        self,
        schema: str,
        pool: Pool,
        consumer: AIOKafkaConsumer,
        producer: Producer,
        topic: Topic,
        decoder: Decoder[E],
        project: Callable[[Connection, Sequence[E]], Awaitable[None]],
        after: Callable[[Sequence[E]], Awaitable[None]],
    ) -> None:
        self._schema = schema
        self._pool = pool
        self._consumer = consumer
        self._producer = producer
        self._topic = topic
        self._decoder = decoder
        self._project = project
        self._after = after
        self._stored: dict[TopicPartition, int] = {}

    async def run(self, names: Iterable[str], stop: Stop) -> None:
        self._consumer.subscribe(list(names), listener=self)
        while not stop.asked:
            polled = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_MAX_RECORDS)
            if new := self._unseen(polled):
                await self._take(new)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Nothing to give back: offsets are stored with their rows."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self._rewind(assigned)

    async def _rewind(self, partitions: Iterable[TopicPartition]) -> None:
        """To what is stored, or the beginning; an offset outside the log goes to the earliest."""
        tps = list(partitions)
        rows = await self._pool.fetch(_READ.format(schema=self._schema), list({tp.topic for tp in tps}))
        stored = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        self._stored = {tp: stored[tp] for tp in tps if tp in stored}
        for tp in tps:
            self._consumer.seek(tp, stored.get(tp, 0))

    def _unseen(self, polled: Polled) -> Polled:
        """Without what is stored already: a rebalance during a transaction seeks back to before it."""
        new = {tp: [r for r in records if r.offset >= self._edge(tp)] for tp, records in polled.items()}
        return {tp: records for tp, records in new.items() if records}

    def _edge(self, tp: TopicPartition) -> int:
        """The stored offset, or 0 where the log ends before it: the broker lost its tail."""
        stored, end = self._stored.get(tp, 0), self._consumer.highwater(tp)
        return 0 if end is not None and end < stored else stored

    async def _take(self, polled: Polled) -> None:
        events = await self._decode(polled)
        try:
            await self._store_patiently(polled, events)
        except Overtaken:
            log.warning("projection overtaken", schema=self._schema)
            await self._rewind(self._consumer.assignment())
            return
        await self._tell_kafka(polled)
        await self._after(events)

    async def _decode(self, polled: Polled) -> list[E]:
        events: list[E] = []
        for tp, records in polled.items():
            metrics.RECORDS_READ.labels(tp.topic).inc(len(records))
            for record in records:
                try:
                    events.append(self._decoder.decode(record.headers, record.value))
                except Undecodable as error:
                    log.warning("dead letter", topic=tp.topic, offset=record.offset, reason=str(error))
                    await self._producer.dead_letter(self._topic, record, str(error))
        return events

    async def _store_patiently(self, polled: Polled, events: Sequence[E]) -> None:
        """An outage of Postgres is waited out for a while; then the process ends and is restarted."""
        async with asyncio.timeout(_OUTAGE_SECONDS):
            while True:
                try:
                    with metrics.PROJECT_SECONDS.labels(self._schema).time():
                        return await self._store(polled, events)
                except UNAVAILABLE as error:
                    log.warning("projection waits for Postgres", error=type(error).__name__)
                    await asyncio.sleep(_RETRY_SECONDS)

    async def _store(self, polled: Polled, events: Sequence[E]) -> None:
        moves = {tp: records[-1].offset + 1 for tp, records in polled.items()}
        async with self._pool.acquire() as connection, connection.transaction():
            await self._move(connection, moves)
            await self._project(connection, events)
        self._stored |= moves

    async def _move(self, connection: Connection, moves: dict[TopicPartition, int]) -> None:
        """Compare-and-set of every partition's offset; raises Overtaken."""
        tps = sorted(moves)
        status = await connection.execute(
            _MOVE.format(schema=self._schema),
            [tp.topic for tp in tps],
            [tp.partition for tp in tps],
            [moves[tp] for tp in tps],
            [self._stored.get(tp) for tp in tps],
        )
        if int(status.rpartition(" ")[2]) != len(tps):
            raise Overtaken

    async def _tell_kafka(self, polled: Polled) -> None:
        try:
            await self._consumer.commit({tp: records[-1].offset + 1 for tp, records in polled.items()})
        except KafkaError as error:
            log.debug("offsets not told to Kafka", error=type(error).__name__)
