"""From the last lines of a dead process's log to one sentence that says what to do."""

from __future__ import annotations

import re
from pathlib import Path

TAIL_BYTES = 16_384

FULL = "The disk is full: free some space in {data}."
NO_MEMORY = (
    "There is not enough memory left on this machine: end other programs, or use servers elsewhere "
    "(DATABASE_URL, REDIS_URL, KAFKA_BOOTSTRAP_SERVERS)."
)
TAKEN = "Another program took its port meanwhile: start again, and a free one is chosen."
OTHER_VERSION = "The data in {data} was written by another version: use that one, or another DATA_DIR."
FORBIDDEN = "It may not read or write its files in {data}."

# What the log says → what it means; the first that is found wins. The texts are those of Postgres 18,
# Redis 8, Kafka 4.3, the Java VM and Python.
MEANINGS = {
    "No space left on device": FULL,
    "Disk quota exceeded": FULL,
    "Cannot allocate memory": NO_MEMORY,
    "could not map anonymous shared memory": NO_MEMORY,
    "insufficient memory for the Java Runtime": NO_MEMORY,
    "Could not reserve enough space": NO_MEMORY,
    "OutOfMemoryError": NO_MEMORY,
    "MemoryError": NO_MEMORY,
    "Out of memory": NO_MEMORY,
    "Address already in use": TAKEN,
    "address already in use": TAKEN,
    "database files are incompatible with server": OTHER_VERSION,
    "Can't handle RDB format version": OTHER_VERSION,
    "UnsupportedVersionException": OTHER_VERSION,
    "No MetadataVersion": OTHER_VERSION,
    "Permission denied": FORBIDDEN,
}
# Lines that say what happened, among those that say where.
TELLING = re.compile(r"error|exception|fatal|panic|can't|cannot|failed", re.IGNORECASE)
LONGEST = 300


def explain(said: str, data: Path) -> str:
    """What a program's last words mean for the user: one sentence."""
    for words, meaning in MEANINGS.items():
        if words in said:
            return meaning.format(data=data)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if TELLING.search(line) and not line.startswith("at ")]
    words = (telling or lines or [""])[-1]
    return f"Its last words: {words[:LONGEST]}" if words else "It said nothing."


def tail_of(log: Path) -> str:
    """The last 16 KiB of a log; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
