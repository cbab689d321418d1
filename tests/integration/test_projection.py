"""Offsets beside the rows: outside the log, in a log made anew, taken by another member (rules 1 and 10)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import TopicAlreadyExistsError

from shared.topics import PARTITIONS, RESULTS, create_topics
from tests.integration.results_world import World, result, until, world


@pytest.fixture
async def here(database_url: str, redis_url: str, kafka: str, topic_prefix: str) -> AsyncIterator[World]:
    async with world(database_url, redis_url, kafka, topic_prefix) as made:
        yield made


@asynccontextmanager
async def admin(here: World) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=here.settings.kafka_bootstrap_servers)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def empty_the_log(here: World) -> None:
    name = here.names.topic(RESULTS)
    everything = {
        TopicPartition(name, number): RecordsToDelete(before_offset=-1) for number in range(PARTITIONS)
    }
    async with admin(here) as client:
        await client.delete_records(everything)


async def make_the_log_anew(here: World) -> None:
    async with admin(here) as client:
        await client.delete_topics([here.names.topic(RESULTS)])
        async with asyncio.timeout(30):
            while here.names.topic(RESULTS) in await client.list_topics():
                await asyncio.sleep(0.1)
    try:
        await create_topics(here.settings.kafka_bootstrap_servers, here.settings.topic_prefix)
    except TopicAlreadyExistsError:
        pytest.fail("the topic was not deleted")


async def test_offsets_left_of_the_log_go_on_at_its_beginning(here: World) -> None:
    first, second = await here.batch(20), await here.batch(20)
    async with here.exporter():
        await here.send(*[result(first, row) for row in range(1, 11)])
        await until(lambda: processed(here, first, 10))
    await here.send(*[result(first, row) for row in range(11, 21)])
    await empty_the_log(here)
    await here.send(*[result(second, row) for row in range(1, 21)])
    async with here.exporter():
        await here.until_ended(second)
    assert await processed(here, first, 10)


async def test_offsets_beyond_a_log_made_anew_read_it_from_its_beginning(here: World) -> None:
    first, second = await here.batch(50), await here.batch(5)
    async with here.exporter():
        await here.send(*[result(first, row) for row in range(1, 51)])
        await here.until_ended(first)
    await here.pool.execute("update exporter.offsets set next_offset = next_offset + 1000")
    await here.pool.execute(
        "insert into exporter.offsets select $1, n, 1000 from generate_series(0, 7) as n"
        " on conflict do nothing",
        here.names.topic(RESULTS),
    )
    await make_the_log_anew(here)
    await here.send(*[result(second, row) for row in range(1, 4)])
    async with here.exporter():
        await until(lambda: processed(here, second, 3))
        await here.send(*[result(second, row) for row in range(4, 6)])
        await here.until_ended(second)
    assert await here.counts(second) == (5, 5, 0, 5)


async def test_a_member_whose_offsets_another_moved_gives_way(here: World) -> None:
    """The offset is what another stored; what this one holds is not projected again."""
    batch = await here.batch(4)
    async with here.exporter():
        await here.send(result(batch, 1))
        await until(lambda: processed(here, batch, 1))
        # As another member would: the next record is projected, its offset moved.
        await here.pool.execute("update exporter.offsets set next_offset = next_offset + 1")
        await here.send(result(batch, 2))
        await here.send(result(batch, 3))
        await until(lambda: processed(here, batch, 2))
    rows = await here.pool.fetch("select row_no from exporter.results order by row_no")
    assert [row["row_no"] for row in rows] == [1, 3]


async def test_an_outage_of_postgres_is_waited_out(here: World) -> None:
    batch = await here.batch(200)
    async with here.exporter():
        for first in range(1, 201, 20):
            await here.send(*[result(batch, row) for row in range(first, first + 20)])
            await cut_connections(here)
        await here.until_ended(batch)
    assert await here.counts(batch) == (200, 200, 0, 200)


async def cut_connections(here: World) -> None:
    await here.pool.fetch(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )


async def processed(here: World, batch: object, rows: int) -> bool:
    found: int = await here.pool.fetchval(
        "select coalesce(sum(processed), 0) from exporter.chunks where batch_id = $1", batch
    )
    return found == rows
