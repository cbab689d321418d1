"""The five services as processes: their names, their order, their environment."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from dev.folders import Folders
from dev.ports import Ports
from dev.program import Program
from dev.servers.choose import Addresses
from dev.settings import Settings

ROOT = Path(__file__).parent.parent
ORDER = ("gateway", "ingest", "analyzer", "exporter", "monitor")
# The local provider loads its models into worker processes before it is ready.
START_SECONDS = 90.0
MIGRATE_SECONDS = 120.0


def instances(analyzers: int) -> list[str]:
    """Every process in the order of start: `analyzer-2` is the second analyzer."""
    counts = {service: analyzers if service == "analyzer" else 1 for service in ORDER}
    return [f"{service}-{number}" for service in ORDER for number in range(1, counts[service] + 1)]


def base_url(settings: Settings) -> str:
    """Where this machine finds the gateway."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def environment(
    settings: Settings, folders: Folders, addresses: Addresses, ops_ports: Mapping[str, int]
) -> dict[str, str]:
    """What every process of the system gets: the user's own settings, and what the supervisor decides.

    The budgets of connections belong to the whole system: here they are divided.
    """
    processes = len(ops_ports)
    given = settings.environ
    return {
        **given,
        **addresses.environment(),
        "DATA_DIR": str(folders.data),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "BLOB_URL": given.get("BLOB_URL") or (folders.data / "blobs").as_uri(),
        "SAMPLE_DIR": str(folders.data / "sample"),
        "EXPORTER_URL": f"http://127.0.0.1:{ops_ports['exporter-1']}",
        "FETCH_ALLOW_NETS": _with_samples(given.get("FETCH_ALLOW_NETS", ""), settings),
        "DATABASE_POOL_SIZE": str(max(1, settings.database_pool_size // processes)),
        "REDIS_MAX_CONNECTIONS": str(max(1, settings.redis_max_connections // processes)),
        "PYTHONUNBUFFERED": "1",
    }


def _with_samples(nets: str, settings: Settings) -> str:
    """The user's networks, and the one address and port that the sample pictures come from."""
    own = f"::1/128:{settings.port}" if ":" in settings.host else f"127.0.0.1/32:{settings.port}"
    return f"{nets},{own}" if nets else own


def programs(common: Mapping[str, str], ops_ports: Mapping[str, int]) -> list[Program]:
    """The services' processes, by instance; `common` is their environment."""
    return [_program(instance, common, port) for instance, port in ops_ports.items()]


def _program(instance: str, common: Mapping[str, str], ops_port: int) -> Program:
    service = instance.rpartition("-")[0]
    return Program(
        name=instance,
        argv=(sys.executable, "-m", f"services.{service}"),
        env={**common, "INSTANCE": instance, "OPS_PORT": str(ops_port)},
        folder=ROOT,
        ready=lambda: says_ready(ops_port),
        start_seconds=START_SECONDS,
    )


def migrate_job(common: Mapping[str, str]) -> Program:
    """Topics and migrations; it ends by itself."""
    return Program(
        name="migrate-1",
        argv=(sys.executable, "-m", "services.migrate"),
        env={**common, "INSTANCE": "migrate-1"},
        folder=ROOT,
        ready=lambda: says_ready(0),
        start_seconds=MIGRATE_SECONDS,
    )


def choose_ops_ports(settings: Settings, ports: Ports) -> dict[str, int]:
    return {instance: ports.get(instance) for instance in instances(settings.analyzers)}


def write_metrics_targets(file: Path, ops_ports: Mapping[str, int]) -> None:
    """The list of /metrics addresses, as Prometheus' `file_sd` reads it."""
    targets = [
        {
            "targets": [f"127.0.0.1:{port}"],
            "labels": {"service": instance.rpartition("-")[0], "instance": instance},
        }
        for instance, port in ops_ports.items()
    ]
    file.write_text(json.dumps(targets, indent=2) + "\n")


async def says_ready(port: int) -> bool:
    """GET /readyz, five seconds at most."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
