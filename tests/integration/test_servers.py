"""The fixtures hand out what they promise."""

import asyncpg
import redis.asyncio
from aiokafka.admin import AIOKafkaAdminClient

from tests.servers import Servers


async def test_a_fresh_database_has_the_migrations(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM public.migrations") > 0
        assert (await connection.fetchval("SHOW server_version")).startswith("18")
    finally:
        await connection.close()


async def test_redis_is_empty_and_never_evicts(redis_url: str) -> None:
    client = redis.asyncio.Redis.from_url(redis_url)
    try:
        assert await client.dbsize() == 0
        assert (await client.config_get("maxmemory-policy"))["maxmemory-policy"] == "noeviction"
        assert (await client.config_get("appendonly"))["appendonly"] == "yes"
    finally:
        await client.aclose()


async def test_the_broker_makes_no_topic_unasked(servers: Servers) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await admin.start()
    try:
        assert "never-made" not in await admin.list_topics()
        assert (await admin.describe_cluster())["brokers"]
    finally:
        await admin.close()
