"""The topics: names, keys, partitions, retention, dead letters. Names are public."""

from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

_DAY_MS = 86_400_000
PARTITIONS = 8


class Topic(NamedTuple):
    """`retention_days` of its log; every topic but a dead-letter topic has a dead-letter topic."""

    name: str
    retention_days: int

    @property
    def dead_letters(self) -> "Topic":
        return Topic(self.name + ".dlq", 30)


BATCHES = Topic("image-analyzer.batches", 30)  # key: batch; public
SLICES = Topic("image-analyzer.slices", 7)  # key: chunk:slice
RESULTS = Topic("image-analyzer.results", 7)  # key: chunk; public
OUTCOMES = Topic("image-analyzer.outcomes", 7)  # key: batch
WORKING = (BATCHES, SLICES, RESULTS, OUTCOMES)
ALL = (*WORKING, *(topic.dead_letters for topic in WORKING))


class Named(NamedTuple):
    """Real names: the prefix stands before the whole name of topics and consumer groups."""

    prefix: str

    def topic(self, topic: Topic) -> str:
        return self.prefix + topic.name

    def group(self, service: str) -> str:
        return f"{self.prefix}image-analyzer.{service}"


async def create_topics(bootstrap: str, prefix: str, replicas: int = 1) -> None:
    """Creates what is missing. Partition counts never change in place, so what is there is left."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=30_000)
    await admin.start()
    try:
        wanted = [_new_topic(prefix, topic, replicas) for topic in ALL]
        reply = await admin.create_topics(wanted, timeout_ms=30_000)
        for name, code, *_ in reply.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise for_code(code)(f"topic {name} could not be created")
    finally:
        await admin.close()


def _new_topic(prefix: str, topic: Topic, replicas: int) -> NewTopic:
    return NewTopic(
        prefix + topic.name,
        num_partitions=PARTITIONS,
        replication_factor=replicas,
        topic_configs={
            "retention.ms": str(topic.retention_days * _DAY_MS),
            "max.message.bytes": "1048588",
            "compression.type": "producer",
        },
    )
