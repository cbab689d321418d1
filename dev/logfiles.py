"""The logs of the supervised processes stay bounded: the file and one older one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LARGEST_BYTES = 32 * 2**20


def open_log(log: Path) -> int:
    """A descriptor that appends, so that the file can be cut while a process writes to it."""
    cut(log)
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)


def cut(log: Path, largest: int = LARGEST_BYTES) -> None:
    """Move the text of a log that grew too large to NAME.log.1."""
    if log.exists() and log.stat().st_size > largest:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)
