"""The servers from containers, where a Docker engine answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from dev.ports import free_port
from dev.servers.kafka import properties

# Those of docker-compose.yml (tests/deploy).
POSTGRES = "postgres:18.6-trixie@sha256:4ef4dbc939d61acea57712655ddb4b4ab27419c913f94cca0cd57cb3ea3c2280"
REDIS = "redis:8.10.1@sha256:298e5b3bc566bade82f46ad5511777a4a07a294097ce16ada2f6a42be5239df5"
KAFKA = "apache/kafka:4.3.1@sha256:77e3df9054047a88b520d0cc46e16696d3b22022e1d580aeccd2632df6532837"
CONTROLLER_PORT = 9093


@contextmanager
def started() -> Iterator[tuple[str, str, str]]:
    """The addresses of Postgres, Redis and Kafka."""
    options = "--databases 256 --appendonly yes --maxmemory-policy noeviction"
    redis: DockerContainer = RedisContainer(REDIS).with_command(f"redis-server {options}")
    postgres = PostgresContainer(POSTGRES, driver=None).with_command("postgres -c max_connections=300")
    port = free_port()
    with redis, postgres, _kafka(port):
        redis_url = f"redis://{redis.get_container_host_ip()}:{redis.get_exposed_port(6379)}/0"
        yield postgres.get_connection_url(), redis_url, f"127.0.0.1:{port}"


def _kafka(port: int) -> DockerContainer:
    """The settings of the local broker, given to the image as it wants them: in its environment.

    The broker names its own address to clients, so the port outside is the same as the one inside.
    """
    settings = properties("/tmp/kafka", port, CONTROLLER_PORT)
    settings["listeners"] = f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:{CONTROLLER_PORT}"
    container = DockerContainer(KAFKA).with_bind_ports(port, port)
    for name, value in settings.items():
        container = container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
    return container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
