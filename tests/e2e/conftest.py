"""Running systems: one for what does not break it, a slow one for what does."""

from collections.abc import Iterator

import pytest

from tests.servers import Servers, fresh_database
from tests.workload import World, world

# Calls at a time, and seconds a call: a batch of a thousand rows runs for several seconds.
SLOW_CALLS = 5
_DELAY = 0.25


def on(servers: Servers, database_url: str, number: int) -> dict[str, str]:
    """Settings of a system that uses the session's servers: a start of its own Kafka costs 5 CPU seconds.
    `number` is that of its logical Redis database, from 241 on."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": f"{servers.redis_url.rpartition('/')[0]}/{number}",
        "KAFKA_BOOTSTRAP_SERVERS": servers.kafka,
        "TOPIC_PREFIX": f"e2e-{number}.",
    }


@pytest.fixture(scope="session")
def running(servers: Servers, template: str) -> Iterator[World]:
    with (
        fresh_database(servers, template) as url,
        world(None, ANALYZERS="2", **on(servers, url, 241)) as made,
    ):
        yield made


@pytest.fixture(scope="session")
def slow() -> Iterator[World]:
    """Has servers of its own, that may be killed and stopped."""
    settings = {"MAX_CONCURRENT_REQUESTS": str(SLOW_CALLS), "QUOTA_WINDOW_SECONDS": "3"}
    with world({"delay": _DELAY}, **settings) as made:
        yield made
