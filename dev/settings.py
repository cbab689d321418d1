"""The settings that the supervisor itself needs; everything else passes through to the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.problems import StartProblem


@dataclass(frozen=True)
class Settings:
    """`environ` is what the user set, whole. An URL is None where an own server is wanted."""

    environ: Mapping[str, str]
    host: str
    port: int
    data_dir: Path
    database_url: str | None
    redis_url: str | None
    kafka: str | None
    sample: bool
    analyzers: int
    database_pool_size: int
    redis_max_connections: int


def read(environ: Mapping[str, str]) -> Settings:
    """Raises StartProblem for a value that can't be meant."""
    return Settings(
        environ=dict(environ),
        host=environ.get("HOST") or "127.0.0.1",
        port=_number(environ, "PORT", 5001, 1, 65_535),
        data_dir=Path(environ.get("DATA_DIR") or ".data").expanduser().absolute(),
        database_url=environ.get("DATABASE_URL") or None,
        redis_url=environ.get("REDIS_URL") or None,
        kafka=environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
        sample=_number(environ, "SAMPLE", 1, 0, 1) == 1,
        analyzers=_number(environ, "ANALYZERS", 1, 1, 64),
        database_pool_size=_number(environ, "DATABASE_POOL_SIZE", 200, 1, 10_000),
        redis_max_connections=_number(environ, "REDIS_MAX_CONNECTIONS", 1000, 1, 60_000),
    )


def _number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise StartProblem(f"{name} is {text!r}, but has to be a whole number from {least} to {most}.")
    return int(text)
