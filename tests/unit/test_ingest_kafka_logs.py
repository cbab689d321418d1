"""Only a whole answer of Kafka is evidence: an error or an empty one must not read as "all is lost"."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.ingest.kafka_logs import KafkaLogs
from shared.topics import Named

TOPIC = "image-analyzer.slices"
TWO = [{"partition": 0}, {"partition": 1}]


class Admin:
    """Answers as it is told: the description of a topic, and the partitions whose positions it knows."""

    def __init__(self, described: list[dict[str, Any]], known: set[int]) -> None:
        self.described = described
        self.known = known

    async def describe_topics(self, _names: list[str]) -> list[dict[str, Any]]:
        return self.described

    async def list_consumer_group_offsets(
        self, _group: str, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, Any]:
        return {tp: SimpleNamespace(offset=7) for tp in partitions if tp.partition in self.known}


class Consumer:
    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 3)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 9)


def logs(
    partitions: list[dict[str, Any]], error_code: int = 0, known: frozenset[int] = frozenset({0, 1})
) -> Any:
    described = [{"topic": TOPIC, "error_code": error_code, "partitions": partitions}]
    consumer: Any = Consumer()
    admin: Any = Admin(described, set(known))
    book: Any = None
    return KafkaLogs(consumer, admin, Named(""), book)


async def test_a_whole_answer_is_read() -> None:
    log = await logs(TWO).slices()
    assert (log.begins, log.ends, log.acknowledged) == ({0: 3, 1: 3}, {0: 9, 1: 9}, {0: 7, 1: 7})


@pytest.mark.parametrize(
    "broken",
    [logs([]), logs([], error_code=3), logs(TWO, error_code=5), logs(TWO, known=frozenset({0}))],
    ids=["no partitions", "unknown topic", "leader not available", "a position is missing"],
)
async def test_an_answer_that_is_not_whole_is_an_outage(broken: Any) -> None:
    with pytest.raises(KafkaError):
        await broken.slices()
