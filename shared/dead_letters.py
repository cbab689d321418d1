"""Where records go that nobody can use: their topic's dead-letter topic, up to a cap."""

from shared import metrics
from shared.kafka import Producer, Record
from shared.logs import log
from shared.topics import Topic

_MOST = 1_000


class TooManyDeadLetters(Exception):
    """A topic full of poison is a fault that somebody must look at, not work to skip."""


class DeadLetters:
    """One consumer's, of one topic; the cap counts from the start of its process."""

    def __init__(self, producer: Producer, topic: Topic) -> None:
        self._producer = producer
        self._topic = topic
        self._count = 0
        metrics.DEAD_LETTERS.labels(topic.name)  # a series that begins with its first is no increase

    async def bury(self, record: Record, reason: str) -> None:
        """Returns when the dead letter is acknowledged. Raises TooManyDeadLetters past the cap."""
        self._count += 1
        if self._count > _MOST:
            raise TooManyDeadLetters(f"{record.topic} has more than {_MOST} records of no use")
        log.warning("dead letter", topic=record.topic, offset=record.offset, reason=reason)
        await self._producer.dead_letter(self._topic, record, reason)
