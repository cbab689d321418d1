"""How far each consumer group is behind, in records and in seconds, and how many dead letters lie."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared import metrics
from shared.logs import log
from shared.stopping import Stop
from shared.topics import ALL, BATCHES, OUTCOMES, RESULTS, SLICES, WORKING, Named, Topic

READERS: dict[str, tuple[Topic, ...]] = {
    "analyzer": (SLICES,),
    "ingest": (BATCHES, OUTCOMES),
    "exporter": (RESULTS,),
    "monitor": (RESULTS,),
}
_LOOK_SECONDS = 5.0
_ROUND_SECONDS = 20.0
_READ_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_REQUEST_MS = 10_000


class Span(NamedTuple):
    """A partition's log: `start` is the first offset that is kept, `end` the next to be written."""

    start: int
    end: int


class Lag(NamedTuple):
    records: int
    seconds: float


def next_offset(span: Span, committed: int | None) -> int:
    """Where a group goes on reading: outside the log it starts at the earliest."""
    return committed if committed is not None and span.start <= committed <= span.end else span.start


class Lags:
    """`reader` is assigned the partitions of all topics, paused: it fetches what is asked for only."""

    def __init__(self, admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer, names: Named) -> None:
        self._admin = admin
        self._reader = reader
        self._names = names

    async def look_forever(self, stop: Stop) -> None:
        while not await stop.wait(_LOOK_SECONDS):
            try:
                async with asyncio.timeout(_ROUND_SECONDS):
                    await self.look()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("lag not measured", error=type(error).__name__)

    async def look(self) -> None:
        """Measures every group and topic into the metrics."""
        for service, topics in READERS.items():
            for topic in topics:
                lag = await self.measure(service, topic)
                metrics.CONSUMER_LAG.labels(service, topic.name).set(lag.records)
                metrics.CONSUMER_LAG_SECONDS.labels(service, topic.name).set(lag.seconds)
        for topic in WORKING:
            kept = (await self._spans(topic.dead_letters)).values()
            metrics.DEAD_LETTERS_KEPT.labels(topic.name).set(sum(span.end - span.start for span in kept))
        metrics.MEASURED.labels("lags").set_to_current_time()

    async def measure(self, service: str, topic: Topic) -> Lag:
        spans = await self._spans(topic)
        committed = await self._admin.list_consumer_group_offsets(self._names.group(service))
        positions = {
            tp: next_offset(span, committed[tp].offset if tp in committed else None)
            for tp, span in spans.items()
        }
        behind = {tp: offset for tp, offset in positions.items() if offset < spans[tp].end}
        records = sum(spans[tp].end - offset for tp, offset in behind.items())
        oldest = await self._oldest(behind)
        return Lag(records, max(0.0, time.time() - oldest / 1_000) if oldest is not None else 0.0)

    async def _spans(self, topic: Topic) -> dict[TopicPartition, Span]:
        name = self._names.topic(topic)
        tps = [tp for tp in self._reader.assignment() if tp.topic == name]
        starts = await self._reader.beginning_offsets(tps)
        ends = await self._reader.end_offsets(tps)
        return {tp: Span(starts[tp], ends[tp]) for tp in tps}

    async def _oldest(self, behind: Mapping[TopicPartition, int]) -> int | None:
        """The lowest timestamp (ms) of the records at these offsets; of those that answer in time."""
        waiting, times = set(behind), []
        for tp, offset in behind.items():
            self._reader.seek(tp, offset)
        self._reader.resume(*behind)
        until = time.monotonic() + _READ_SECONDS
        while waiting and time.monotonic() < until:
            for tp, records in (await self._reader.getmany(*waiting, timeout_ms=200)).items():
                times.append(records[0].timestamp)
                waiting.discard(tp)
        self._reader.pause(*behind)
        return min(times, default=None)


@asynccontextmanager
async def lags(bootstrap: str, names: Named) -> AsyncIterator[Lags]:
    """Raises TimeoutError where the topics do not exist."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_REQUEST_MS)
    # Only the first record of a partition is wanted: a record larger than this comes all the same.
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, max_partition_fetch_bytes=16_384, request_timeout_ms=_REQUEST_MS
    )
    await admin.start()
    try:
        await reader.start()
        try:
            partitions = await _partitions(admin, [names.topic(topic) for topic in ALL])
            reader.assign(partitions)
            reader.pause(*partitions)
            yield Lags(admin, reader, names)
        finally:
            await reader.stop()
    finally:
        await admin.close()


async def _partitions(admin: AIOKafkaAdminClient, topics: list[str]) -> list[TopicPartition]:
    """Of all these topics; a broker tells of a topic that was just made after a moment."""
    async with asyncio.timeout(_ROUND_SECONDS):
        while True:
            described = await admin.describe_topics(topics)
            if not any(topic["error_code"] for topic in described):
                return [
                    TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]
                ]
            await asyncio.sleep(_RETRY_SECONDS)
