"""`python -m dev.servers` as it is used: restarts, kills, the words for what can go wrong."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
import redis

from dev.stale import read_pid
from tests.local_servers import ROOT, data_folder, end, is_gone, launch
from tests.servers import Servers


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def only_own(name: str, servers: Servers, data: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """dev.servers with one server of its own, the others named; its address and the supervisor."""
    environment = {**servers.environment(), name: "", "DATA_DIR": str(data)}
    process = launch("dev.servers", environment, subprocess.PIPE)
    assert process.stdout
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        exports = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        yield exports[name].strip("'"), process
    finally:
        end(process)
        process.stdout.close()


def is_up(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def test_a_killed_redis_comes_back_at_its_address_with_its_data(servers: Servers) -> None:
    with data_folder() as data, only_own("REDIS_URL", servers, data) as (url, process):
        with redis.Redis.from_url(url) as client:
            client.set("kept", "yes")
        old = read_pid(data / "run" / "redis-1.pid")
        os.kill(old or 0, signal.SIGKILL)
        until(lambda: read_pid(data / "run" / "redis-1.pid") not in (None, old))
        until(lambda: is_up(url))
        with redis.Redis.from_url(url) as client:
            assert client.get("kept") == b"yes"
        assert end(process) == 0
        assert not list((data / "run").glob("*.pid"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_nothing_outlives_a_killed_supervisor(servers: Servers) -> None:
    with data_folder() as data:
        with only_own("REDIS_URL", servers, data) as (first, process):
            pid = read_pid(data / "run" / "redis-1.pid")
            process.kill()
            until(lambda: is_gone(pid))
        with only_own("REDIS_URL", servers, data) as (second, _):
            assert first == second


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_postgres_starts_again_after_its_supervisor_was_killed(servers: Servers) -> None:
    with data_folder() as data:
        for _ in range(2):
            with only_own("DATABASE_URL", servers, data) as (url, process):
                assert rows(url) is None
                process.kill()


async def value(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url, timeout=2)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def rows(url: str) -> object:
    try:
        return asyncio.run(value(url, "SELECT count(*) FROM kept"))
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None


def test_a_killed_postgres_comes_back_at_its_address_with_its_data(servers: Servers) -> None:
    with data_folder() as data, only_own("DATABASE_URL", servers, data) as (url, _):
        asyncio.run(value(url, "CREATE TABLE kept AS SELECT 1 AS one"))
        old = read_pid(data / "run" / "postgres-1.pid")
        os.kill(old or 0, signal.SIGKILL)
        until(lambda: read_pid(data / "run" / "postgres-1.pid") not in (None, old))
        until(lambda: rows(url) == 1)


def complaint(environment: Mapping[str, str]) -> str:
    """What dev.servers says when it can't start."""
    done = subprocess.run(
        [sys.executable, "-m", "dev.servers"],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_second_system_on_the_same_folder_is_refused(servers: Servers) -> None:
    with data_folder() as data, only_own("REDIS_URL", servers, data) as (_, process):
        said = complaint({**servers.environment(), "DATA_DIR": str(data)})
        assert f"already runs on the data folder {data} (its supervisor is process {process.pid})" in said


def test_a_named_server_that_is_not_there_is_said_without_its_password(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {**servers.environment(), "REDIS_URL": "redis://:secret@127.0.0.1:1/0", "DATA_DIR": str(tmp_path)}
    said = complaint(named)
    assert "The server that REDIS_URL names did not answer" in said
    assert "secret" not in said


def test_data_of_another_postgres_is_refused(servers: Servers) -> None:
    with data_folder() as data:
        home = data / "postgres" / "data"
        home.mkdir(parents=True)
        (home / "PG_VERSION").write_text("17\n")
        os.chown(data / "postgres", os.geteuid() or unprivileged(), -1)
        named = {**servers.environment(), "DATABASE_URL": "", "DATA_DIR": str(data)}
        assert "made by Postgres 17; this system brings Postgres 18" in complaint(named)


def unprivileged() -> int:
    return pwd.getpwnam("nobody").pw_uid
