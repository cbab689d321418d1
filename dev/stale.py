"""What a supervisor that was killed left behind: its lock frees itself, its processes are ended here."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from dev.folders import Folders
from dev.problems import StartProblem

GONE_SECONDS = 5


@contextmanager
def held(folders: Folders) -> Iterator[None]:
    """Hold DATA_DIR for this process; the kernel frees it however the process ends. Raises StartProblem."""
    pid_file = folders.pid_file("supervisor")
    with (folders.run / "supervisor.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartProblem(
                f"A system already runs on the data folder {folders.data} "
                f"(its supervisor is process {read_pid(pid_file) or 'unknown'}). "
                "Stop it first, or start a second one beside it: PORT=5002 DATA_DIR=.data2 make run"
            ) from error
        pid_file.write_text(f"{os.getpid()}\n")
        try:
            yield
        finally:
            pid_file.unlink(missing_ok=True)


def read_pid(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def clean(folders: Folders) -> list[str]:
    """End every process that a pid file names and that belongs to this folder; the names of those ended.

    Call it with the lock held. A number may be another program's by now: ours have DATA_DIR in their
    environment.
    """
    ended = []
    for file in sorted(folders.run.glob("*.pid")):
        if file.stem == "supervisor":
            continue
        pid = read_pid(file)
        if pid is not None and belongs(pid, folders.data):
            kill_group(pid)
            with suppress(psutil.Error):
                psutil.Process(pid).wait(GONE_SECONDS)
            ended.append(file.stem)
        file.unlink(missing_ok=True)
    return ended


def belongs(pid: int, data: Path) -> bool:
    """Whether the process was started by a supervisor of this data folder."""
    try:
        return bool(psutil.Process(pid).environ().get("DATA_DIR") == str(data))
    except (psutil.Error, OSError):
        return False


def kill_group(pid: int) -> None:
    """Kill what is left of a process and of its children: each was started as the leader of a group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
