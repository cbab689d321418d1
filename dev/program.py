"""What the supervisor has to know about a process that it keeps alive."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class User:
    """Whom a process runs as."""

    uid: int
    gid: int


def nothing() -> None:
    """The preparation of a program that needs none."""


@dataclass(frozen=True)
class Program:
    """A process: how to start it, how to know that it serves, how to end it.

    `prepare` runs (in a thread) before every start and may raise StartProblem; `ready` is one real
    query with a deadline of its own; `start_seconds` bounds the time from the start to the first
    `ready`, and `stop_signal` asks it to end.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    folder: Path
    ready: Callable[[], Awaitable[bool]]
    prepare: Callable[[], None] = nothing
    user: User | None = None
    start_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
