"""Kafka into Postgres: a poll's rows and its offsets in one transaction.

The offsets live beside the rows and move by compare-and-set, so a poll is projected once, whoever
reads it; Kafka's own commit is only for those who look at lag.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from shared import metrics
from shared.dead_letters import DeadLetters
from shared.events import Event
from shared.kafka import Record
from shared.logs import log
from shared.postgres import UNAVAILABLE, Connection, Pool
from shared.stopping import Stop
from shared.wire import Decoder, Undecodable

_POLL_MS = 200
_MAX_RECORDS = 2_000
# Decoded at a time: what is being stored meanwhile has round trips to make.
_AT_ONCE = 100
_OUTAGE_SECONDS = 120.0
_RETRY_SECONDS = 0.5
# Its own commit is for those who look at lag: while there is much to store, Kafka is not told of each poll.
_TELL_SECONDS = 1.0
# The client tries again without end while its group's coordinator is away.
_COMMIT_SECONDS = 5.0
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
T = TypeVar("T")
Polled = dict[TopicPartition, list[Record]]


class Overtaken(Exception):
    """Another member projected these records: what this one holds is old."""


class Taken(NamedTuple, Generic[E]):
    """An event with the record it came in, for those who must dead-letter it."""

    event: E
    record: Record


class Read(NamedTuple, Generic[E]):
    """A poll, and how often offsets had been sought when its reading began. `poison`: no events, and why."""

    rewinds: int
    polled: Polled
    taken: Sequence[Taken[E]]
    poison: Sequence[tuple[Record, str]]


class Projection(ConsumerRebalanceListener, Generic[E]):  # type: ignore[misc]  # aiokafka has no types
    """`project(connection, taken)` runs inside the transaction, perhaps more than once; `after(taken)`
    runs once it committed."""

    def __init__(
        self,
        schema: str,
        pool: Pool,
        consumer: AIOKafkaConsumer,
        dead_letters: DeadLetters,
        decoder: Decoder[E],
        project: Callable[[Connection, Sequence[Taken[E]]], Awaitable[None]],
        after: Callable[[Sequence[Taken[E]]], Awaitable[None]],
    ) -> None:
        self._schema = schema
        self._pool = pool
        self._consumer = consumer
        self._dead_letters = dead_letters
        self._decoder = decoder
        self._project = project
        self._after = after
        self._stored: dict[TopicPartition, int] = {}
        self._sought: dict[TopicPartition, int] = {}
        self._restarted: set[TopicPartition] = set()
        self._rewinds = 0
        self._untold: dict[TopicPartition, int] = {}
        self._told = 0.0
        self._waiting = False

    @property
    def waiting(self) -> bool:
        """Postgres is away: that nothing is read is no fault of the consumer."""
        return self._waiting

    async def run(self, names: Iterable[str], stop: Stop) -> None:
        """While Postgres stores a poll, the next is read."""
        self._consumer.subscribe(list(names), listener=self)
        read = await self._read()
        while not stop.asked:
            if not self._goes_on(read):
                await self._patiently(lambda: self._rewind(self._consumer.assignment()))
                read = await self._read()
                continue
            async with asyncio.TaskGroup() as group:
                group.create_task(self._take(read))
                read = await self._read()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Nothing to give back: offsets are stored with their rows."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Until the offsets are known again, the compare-and-set refuses everything."""
        self._stored = {}
        await self._patiently(lambda: self._rewind(assigned))

    async def _rewind(self, partitions: Iterable[TopicPartition]) -> None:
        """To what is stored, or the beginning; an offset outside the log goes to the earliest."""
        tps = list(partitions)
        rows = await self._pool.fetch(_READ.format(schema=self._schema), list({tp.topic for tp in tps}))
        stored = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        self._stored = {tp: stored[tp] for tp in tps if tp in stored}
        self._restarted = set()
        self._sought = {tp: stored.get(tp, 0) for tp in tps}
        for tp in self._consumer.assignment().intersection(tps):
            self._consumer.seek(tp, self._sought[tp])
        self._rewinds += 1

    async def _read(self) -> Read[E]:
        rewinds = self._rewinds
        polled = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_MAX_RECORDS)
        return Read(rewinds, polled, *await self._decode(polled))

    def _goes_on(self, read: Read[E]) -> bool:
        """Whether it lies behind what was stored. Not if offsets were sought since its reading began: what is
        stored now is sought again, then nothing is left out and nothing comes twice."""
        return read.rewinds == self._rewinds and all(
            self._is_new(tp, records[0].offset) for tp, records in read.polled.items()
        )

    def _is_new(self, tp: TopicPartition, offset: int) -> bool:
        """Left of where reading began: the stored offset lay beyond the log's end (a cut tail, a topic made
        anew), the client went to the earliest, and all that comes is new."""
        if offset < self._sought.get(tp, 0):
            log.warning("offsets start again", topic=tp.topic, partition=tp.partition)
            self._sought[tp] = 0
            self._restarted.add(tp)
        return tp in self._restarted or offset >= self._stored.get(tp, 0)

    async def _take(self, read: Read[E]) -> None:
        if not read.polled:
            await self._tell_kafka()
            return
        # Only now: a poll that was read and dropped is read again.
        for record, why in read.poison:
            await self._dead_letters.bury(record, why)
        try:
            with metrics.PROJECT_SECONDS.labels(self._schema).time():
                await self._patiently(lambda: self._store(read.polled, read.taken))
        except Overtaken:
            log.warning("projection overtaken", schema=self._schema)
            await self._patiently(lambda: self._rewind(self._consumer.assignment()))
            return
        await self._after(read.taken)
        self._untold |= {tp: records[-1].offset + 1 for tp, records in read.polled.items()}
        if time.monotonic() - self._told > _TELL_SECONDS:
            await self._tell_kafka()

    async def _decode(self, polled: Polled) -> tuple[list[Taken[E]], list[tuple[Record, str]]]:
        taken: list[Taken[E]] = []
        poison: list[tuple[Record, str]] = []
        for tp, records in polled.items():
            metrics.RECORDS_READ.labels(tp.topic).inc(len(records))
            for number, record in enumerate(records):
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
                try:
                    taken.append(Taken(self._decoder.decode(record.headers, record.value), record))
                except Undecodable as error:
                    poison.append((record, str(error)))
        return taken, poison

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """An outage of Postgres is waited out for a while; then the process ends and is restarted."""
        try:
            async with asyncio.timeout(_OUTAGE_SECONDS):
                while True:
                    try:
                        return await work()
                    except UNAVAILABLE as error:
                        self._waiting = True
                        log.warning("projection waits for Postgres", error=type(error).__name__)
                        await asyncio.sleep(_RETRY_SECONDS)
        finally:
            self._waiting = False

    async def _store(self, polled: Polled, taken: Sequence[Taken[E]]) -> None:
        moves = {tp: records[-1].offset + 1 for tp, records in polled.items()}
        async with self._pool.acquire() as connection, connection.transaction():
            await self._move(connection, moves)
            await self._project(connection, taken)
        self._stored |= moves
        self._restarted -= moves.keys()

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

    async def _tell_kafka(self) -> None:
        if not self._untold:
            return
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await self._consumer.commit(self._untold)
        except (KafkaError, TimeoutError) as error:
            log.debug("offsets not told to Kafka", error=type(error).__name__)
        self._untold, self._told = {}, time.monotonic()
