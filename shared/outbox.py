"""Events that are written in the transaction that makes them true, and published after it."""

import asyncio

import msgspec
from aiokafka.errors import KafkaError

from shared import metrics
from shared.events import Event
from shared.kafka import Producer
from shared.logs import log
from shared.postgres import UNAVAILABLE, Connection, Pool, statements_beside
from shared.stopping import Stop
from shared.topics import ALL, Topic
from shared.wire import encode, headers_of

_SQL = statements_beside(__file__)
_TOPICS = {topic.name: topic for topic in ALL}
_AT_ONCE = 200
_IDLE_SECONDS = 0.1
_RETRY_SECONDS = 1.0


async def put(connection: Connection, topic: Topic, event: Event) -> None:
    """Inside the caller's transaction."""
    headers = {name: value.decode() for name, value in headers_of(event)}
    key = str(event.batch_id).encode()
    body = encode(event)
    await connection.execute(_SQL["outbox_put"], topic.name, key, msgspec.json.encode(headers).decode(), body)


class Relay:
    """Publishes the outbox until stopped. Several may run: each takes what no other holds."""

    def __init__(self, pool: Pool, producer: Producer) -> None:
        self._pool = pool
        self._producer = producer

    async def run(self, stop: Stop) -> None:
        while not stop.asked:
            try:
                async with asyncio.timeout(60):
                    # Before the publishing, so that it rises while Kafka is away.
                    metrics.OUTBOX_AGE.set(await self._pool.fetchval(_SQL["outbox_age"]))
                    published = await self.publish_some()
            except (*UNAVAILABLE, KafkaError) as error:
                log.warning("outbox waits", error=type(error).__name__)
                await stop.wait(_RETRY_SECONDS)
            else:
                if published < _AT_ONCE:
                    await stop.wait(_IDLE_SECONDS)

    async def publish_some(self) -> int:
        """A record is deleted only after its event was acknowledged: at least once."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_SQL["outbox_take"], _AT_ONCE)
            await asyncio.gather(
                *(self._publish(row["topic"], row["key"], row["headers"], row["body"]) for row in rows)
            )
            if rows:
                await connection.execute(_SQL["outbox_drop"], [row["id"] for row in rows])
        return len(rows)

    async def _publish(self, topic: str, key: bytes, headers: str, body: bytes) -> None:
        pairs = [
            (name, value.encode())
            for name, value in msgspec.json.decode(headers, type=dict[str, str]).items()
        ]
        await self._producer.send_raw(_TOPICS[topic], key, body, pairs)
