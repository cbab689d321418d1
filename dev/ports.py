"""Free ports that stay the same: a server that is killed comes back where its clients look for it."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Collection
from pathlib import Path

# Below the ports that the kernel hands to outgoing connections (Linux from 32768, macOS from 49152).
# In that range a client that retries a dead local server connects to itself sooner or later
# (TCP simultaneous open) and then holds the very port that the server wants back.
LOWEST, HIGHEST = 15_000, 32_000
TRIES = 200


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(taken: Collection[int] = ()) -> int:
    """A port that nothing listens on and that is not among the taken ones."""
    for port in random.sample(range(LOWEST, HIGHEST), TRIES):
        if port not in taken and is_free(port):
            return port
    raise OSError(f"none of {TRIES} ports between {LOWEST} and {HIGHEST} is free")


class Ports:
    """Ports by name, remembered in a file. One that something else took meanwhile is replaced."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = _read(file)
        self._given: dict[str, int] = {}

    def get(self, name: str) -> int:
        if name not in self._given:
            self._given[name] = self._choose(self._known.get(name))
            self._known[name] = self._given[name]
            self._file.write_text(json.dumps(self._known, indent=1))
        return self._given[name]

    def _choose(self, remembered: int | None) -> int:
        taken = set(self._given.values())
        if remembered is not None and remembered not in taken and is_free(remembered):
            return remembered
        return free_port(taken)


def _read(file: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}
