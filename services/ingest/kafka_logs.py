"""What Kafka's own logs say of slices and results: the evidence that a record will never be read."""

import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError, for_code

from services.ingest.book import Book
from services.ingest.doubts import Mark, ResultLog, SliceLog
from shared.topics import RESULTS, SLICES, Named


class KafkaLogs:
    """Asked only when a slice is in doubt, so at most a few requests a second.

    An answer that is not whole raises a KafkaError: read as it is, it would say that everything is lost."""

    def __init__(
        self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, names: Named, book: Book
    ) -> None:
        self._consumer = consumer
        self._admin = admin
        self._names = names
        self._book = book

    async def slices(self) -> SliceLog:
        """The acknowledgement is read first: a slice that it does not cover yet is still in the log after."""
        partitions = await self._partitions(self._names.topic(SLICES))
        group = self._names.group("analyzer")
        committed = await self._admin.list_consumer_group_offsets(group, partitions=partitions)
        if not committed.keys() >= set(partitions):
            raise KafkaError(f"the answer does not tell where {group} stands")
        return SliceLog(
            begins=_by_number(await self._consumer.beginning_offsets(partitions)),
            ends=_by_number(await self._consumer.end_offsets(partitions)),
            acknowledged={tp.partition: position.offset for tp, position in committed.items()},
        )

    async def mark(self) -> Mark:
        """Where the results end now. What was published before is left of it."""
        at = time.monotonic()
        partitions = await self._partitions(self._names.topic(RESULTS))
        return Mark(at, _by_number(await self._consumer.end_offsets(partitions)))

    async def results(self) -> ResultLog:
        topic = self._names.topic(RESULTS)
        partitions = await self._partitions(topic)
        return ResultLog(
            begins=_by_number(await self._consumer.beginning_offsets(partitions)),
            read=await self._book.results_read(topic),
        )

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        found = [each for each in await self._admin.describe_topics([topic]) if each["topic"] == topic]
        if not found or (not found[0]["error_code"] and not found[0]["partitions"]):
            raise UnknownTopicOrPartitionError(topic)
        if found[0]["error_code"]:
            raise for_code(found[0]["error_code"])(topic)
        return [TopicPartition(topic, each["partition"]) for each in found[0]["partitions"]]


def _by_number(offsets: Mapping[TopicPartition, int]) -> dict[int, int]:
    return {tp.partition: offset for tp, offset in offsets.items()}
