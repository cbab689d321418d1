"""Which servers a system uses: those that the settings name, own ones for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dev.folders import Folders
from dev.ports import Ports
from dev.problems import StartProblem
from dev.program import Program
from dev.servers import jars, kafka, postgres, redis
from dev.settings import Settings

FOREIGN_SECONDS = 5


@dataclass(frozen=True)
class Addresses:
    """Where the three servers answer."""

    database_url: str
    redis_url: str
    kafka: str

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
        }


async def choose(
    settings: Settings, folders: Folders, ports: Ports, progress: jars.Progress
) -> tuple[list[Program], Addresses]:
    """The own servers to start, and the addresses of all three. Raises StartProblem."""
    programs = []
    database_url, redis_url, brokers = settings.database_url, settings.redis_url, settings.kafka
    if brokers is None:
        port = ports.get("kafka")
        brokers = f"127.0.0.1:{port}"
        folder = await jars.ensure(progress)
        programs.append(kafka.program(folders, port, ports.get("kafka-controller"), folder))
    if database_url is None:
        program, database_url = postgres.program(folders, settings.database_pool_size)
        programs.append(program)
    if redis_url is None:
        redis_url = redis.url(ports.get("redis"))
        programs.append(redis.program(folders, ports.get("redis"), settings.redis_max_connections))
    return programs, Addresses(database_url, redis_url, brokers)


async def check_named(settings: Settings) -> None:
    """Raise StartProblem for a server that the settings name and that does not answer. Addresses can
    carry passwords: the sentence names the setting, not its value."""
    checks: list[tuple[str, str | None, Callable[[str], Awaitable[bool]]]] = [
        ("DATABASE_URL", settings.database_url, postgres.answers),
        ("REDIS_URL", settings.redis_url, redis.answers),
        ("KAFKA_BOOTSTRAP_SERVERS", settings.kafka, kafka.answers),
    ]
    for name, address, answers in checks:
        if address is not None and not await _answers_soon(address, answers):
            raise StartProblem(
                f"The server that {name} names did not answer in {FOREIGN_SECONDS} s: start it, correct the "
                f"address, or unset {name} to use an own one."
            )


async def _answers_soon(address: str, answers: Callable[[str], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(FOREIGN_SECONDS):
            while not await answers(address):
                await asyncio.sleep(0.5)
    except TimeoutError:
        return False
    return True
