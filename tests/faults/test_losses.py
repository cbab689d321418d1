"""Events that never come are found: the batch ends whole (rule 1)."""

import asyncio

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from shared.topics import PARTITIONS, RESULTS, SLICES, Topic
from tests.fakes.process import image_process, vision_process
from tests.local_servers import data_folder, started
from tests.system import running
from tests.workload import World, assert_whole, environment

_ROWS = 2_000


async def _empty(bootstrap: str, topic: Topic) -> int:
    """Deletes every record that lies in a topic now; how many there were in its partitions' logs."""
    partitions = [TopicPartition(topic.name, number) for number in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await consumer.start()
    await admin.start()
    try:
        ends = await consumer.end_offsets(partitions)
        await admin.delete_records({tp: RecordsToDelete(before_offset=end) for tp, end in ends.items()})
        return sum(ends.values())
    finally:
        await admin.close()
        await consumer.stop()


@pytest.mark.parametrize(
    "topics", [(SLICES,), (RESULTS,), (SLICES, RESULTS)], ids=lambda t: "+".join(x.name for x in t)
)
def test_a_batch_ends_whole_although_its_topics_are_emptied(topics: tuple[Topic, ...]) -> None:
    with data_folder() as folder, image_process() as images, started() as (database, redis, kafka):
        servers = {"DATABASE_URL": database, "REDIS_URL": redis, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        journal = folder / "vision.jsonl"
        with (
            vision_process(journal, delay=0.3) as vision,
            running(
                environment(vision, images, {"MAX_CONCURRENT_REQUESTS": "5", **servers}), folder
            ) as system,
            httpx.Client(base_url=system.base_url, timeout=30) as http,
        ):
            own = World(system, vision, images, journal, http)
            urls = own.urls(_ROWS)
            batch = own.submit(urls)
            own.wait_for(batch, lambda seen: seen["processed_count"] > _ROWS // 4)
            system.kill("exporter-1")
            system.kill("analyzer-1")
            for topic in topics:
                assert asyncio.run(_empty(kafka, topic)) > 0
            assert own.wait_end(batch, 120)["successful_count"] == _ROWS
            assert_whole(own.export(batch), urls, batch)
            own.assert_paid_once()


def test_a_batch_whose_submission_was_never_published_runs() -> None:
    with data_folder() as folder, image_process() as images, started() as (database, redis, kafka):
        servers = {"DATABASE_URL": database, "REDIS_URL": redis, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        journal = folder / "vision.jsonl"
        with (
            vision_process(journal) as vision,
            running(environment(vision, images, servers), folder) as system,
            httpx.Client(base_url=system.base_url, timeout=30) as http,
        ):
            own = World(system, vision, images, journal, http)
            asyncio.run(_swallow_outbox(database))
            urls = own.urls(300)
            batch = own.submit(urls)
            assert own.wait_end(batch, 60)["successful_count"] == 300
            assert own.assert_paid_once() == 0


async def _swallow_outbox(database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("create rule swallow as on insert to lifecycle.outbox do instead nothing")
    await connection.close()
