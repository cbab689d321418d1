"""Kafka, Postgres and Redis for tests: from a Docker engine where one answers, else from dev/.

`TEST_SERVERS=docker|local` forces one. The fixtures are the same either way:
`servers` (one set a session), `database_url` (a fresh, migrated database a test), `redis_url` (an empty
logical database a test), `kafka` (the brokers), `topic_prefix` (one a test).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import asyncpg
import pytest
import redis

from dev.servers.choose import Addresses
from tests import local_servers

ROOT = Path(__file__).parent.parent
MIGRATE_SECONDS = 60
# Logical Redis databases; number 0 is left to whole systems.
REDIS_DATABASES = 255

_numbers = itertools.count()

Servers: TypeAlias = Addresses
"""Where the session's three servers answer."""


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with _start() as (database_url, redis_url, kafka):
        yield Servers(database_url, redis_url, kafka)


@pytest.fixture(scope="session")
def template(servers: Servers) -> str:
    """The name of a database that has all migrations; tests copy it."""
    name = f"template_{uuid.uuid4().hex[:8]}"
    asyncio.run(_execute(servers.database_url, f'CREATE DATABASE "{name}"'))
    environment = {**os.environ, **servers.environment(), "DATABASE_URL": named(servers.database_url, name)}
    command = [sys.executable, "-m", "services.migrate"]
    done = subprocess.run(
        command,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=MIGRATE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return name


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    with fresh_database(servers, template) as url:
        yield url


@pytest.fixture
def redis_url(servers: Servers) -> str:
    url = urlsplit(servers.redis_url)._replace(path=f"/{next(_numbers) % REDIS_DATABASES + 1}").geturl()
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def kafka(servers: Servers) -> str:
    return servers.kafka


@pytest.fixture
def topic_prefix() -> str:
    return f"t{uuid.uuid4().hex[:10]}."


def _start() -> AbstractContextManager[tuple[str, str, str]]:
    wanted = os.environ.get("TEST_SERVERS")
    if wanted == "local" or (wanted != "docker" and not _engine_answers()):
        return local_servers.started()
    from tests import docker_servers  # 1.2 s of imports that a unit test should not pay

    return docker_servers.started()


def _engine_answers() -> bool:
    """One ping by testcontainers' client, in a process of its own: it leaks a socket when refused."""
    ping = "import docker; docker.from_env(timeout=2).ping()"
    command = [sys.executable, "-c", ping]
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0


@contextmanager
def fresh_database(servers: Servers, template: str) -> Iterator[str]:
    """The URL of a copy of the template, dropped at the end with whoever is still connected."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    # Where Postgres need not sync, copying files takes half of the time of writing them to its log.
    copy = f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'
    asyncio.run(_execute(servers.database_url, copy))
    try:
        yield named(servers.database_url, name)
    finally:
        asyncio.run(_execute(servers.database_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


def named(database_url: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(database_url)._replace(path=f"/{name}").geturl()


async def _execute(database_url: str, statement: str) -> None:
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
