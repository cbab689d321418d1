"""What is looked at before anything is started."""

from __future__ import annotations

import shutil
import sys

import psutil

from dev.folders import Folders
from dev.ports import is_free
from dev.problems import StartProblem
from dev.settings import Settings

MB = 2**20
# Fresh servers take 120 MB of disk; the rest is room for a first batch.
LEAST_DISK_MB = 500
# Measured, resident: Kafka 330 MB, Postgres 60, Redis 20, each service about 80.
OWN_SERVER_MB = {"kafka": 400, "database_url": 100, "redis_url": 50}
SERVICE_MB = 80


def check_python() -> None:
    """Raise StartProblem for a Python that the locked packages are not made for."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise StartProblem(
            f"This is Python {sys.version_info.major}.{sys.version_info.minor}, not 3.11, 3.12 or 3.13. "
            "Remove the folder .venv, and `make run` looks for one: PYTHON=/path/to/python3.12 make run"
        )


def check_machine(folders: Folders, settings: Settings, services: int = 0) -> None:
    """Raise StartProblem if disk or memory do not suffice for the own servers and so many services."""
    free = shutil.disk_usage(folders.data).free // MB
    if free < LEAST_DISK_MB:
        raise StartProblem(
            f"The disk that holds {folders.data} is full: {free} MB are free, {LEAST_DISK_MB} MB are needed. "
            "Free some space, or name a folder on another disk: DATA_DIR=/some/folder make run"
        )
    needed = services * SERVICE_MB
    needed += sum(size for name, size in OWN_SERVER_MB.items() if getattr(settings, name) is None)
    available = psutil.virtual_memory().available // MB
    if available < needed:
        raise StartProblem(
            f"There is not enough memory: {available} MB are available, about {needed} MB are needed. End "
            "other programs, or use servers elsewhere (DATABASE_URL, REDIS_URL, KAFKA_BOOTSTRAP_SERVERS)."
        )


def check_port(settings: Settings) -> None:
    """Raise StartProblem if the port of the web pages is taken."""
    if not is_free(settings.port, settings.host):
        raise StartProblem(
            f"Port {settings.port} on {settings.host} is taken, or this user may not listen there. "
            f"Choose another one: PORT={settings.port + 1} make run"
        )
