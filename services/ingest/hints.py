"""Reads what happened to batches and slices. Events are hints: one that is lost costs time, nothing else."""

import asyncio
import time
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared import metrics
from shared.dead_letters import DeadLetters
from shared.events import BATCH_EVENTS, OUTCOME_EVENTS, Event
from shared.kafka import Producer, Record
from shared.logs import log
from shared.stopping import Stop
from shared.topics import BATCHES, OUTCOMES, Named
from shared.wire import Decoder, Undecodable

_POLL_MS = 200
_COMMIT_EVERY_SECONDS = 1.0
_COMMIT_SECONDS = 5.0
_TYPES: tuple[type[Event], ...] = (*BATCH_EVENTS, *OUTCOME_EVENTS)


class Hints:
    """Hands every event to `receive`, and acknowledges after it: what was heard need not be heard twice,
    and would do no harm."""

    def __init__(
        self, consumer: AIOKafkaConsumer, producer: Producer, names: Named, receive: Callable[[Event], None]
    ) -> None:
        self._consumer = consumer
        self._dead_letters = {
            names.topic(topic): DeadLetters(producer, topic) for topic in (BATCHES, OUTCOMES)
        }
        self._receive = receive
        self._decoder: Decoder[Event] = Decoder(_TYPES)
        self._committed_at = 0.0

    async def run(self, listener: ConsumerRebalanceListener, stop: Stop) -> None:
        self._consumer.subscribe(list(self._dead_letters), listener=listener)
        unacknowledged = False
        while not stop.asked:
            polled = await self._consumer.getmany(timeout_ms=_POLL_MS)
            await self._take(polled)
            unacknowledged |= bool(polled)
            if unacknowledged and time.monotonic() - self._committed_at > _COMMIT_EVERY_SECONDS:
                await self._commit()
                unacknowledged = False
        await self._commit()

    async def _take(self, polled: dict[TopicPartition, list[Record]]) -> None:
        for tp, records in polled.items():
            metrics.RECORDS_READ.labels(tp.topic).inc(len(records))
            for record in records:
                try:
                    event = self._decoder.decode(record.headers, record.value)
                except Undecodable as error:
                    await self._dead_letters[record.topic].bury(record, str(error))
                else:
                    self._receive(event)

    async def _commit(self) -> None:
        self._committed_at = time.monotonic()
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await self._consumer.commit()
        except (CommitFailedError, IllegalStateError, KafkaError, TimeoutError) as error:
            log.warning("offsets not committed", error=type(error).__name__)
