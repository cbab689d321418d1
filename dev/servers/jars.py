"""Kafka's jars: exactly those of kafka.lock, fetched once for each Python environment."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dev.problems import StartProblem
from dev.stale import kill_group

VERSION = "4.3.0"
BROKER = f"org.apache.kafka:kafka_2.13:{VERSION}"
# Brings the broker's log lines to standard output; the broker's own artifact leaves that open. Taken without
# its dependencies: its versions are not the broker's.
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
LOCK = Path(__file__).with_name("kafka.lock")
FOLDER = Path(sys.prefix) / "share" / f"kafka-{VERSION}"
# Measured: 3-6 s by Maven, 10 s by jgo. A slow line may take longer; a dead one ends in its own time-outs.
FETCH_SECONDS = 600

Progress = Callable[[int, int], None]


async def ensure(progress: Progress) -> Path:
    """The folder with the jars, fetched now if it is not whole. Raises StartProblem."""
    if not await asyncio.to_thread(wrong, FOLDER, locked()):
        return FOLDER
    fetcher = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "dev.servers.fetch_jars",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            complaint = await _follow(fetcher, progress)
    except TimeoutError:
        complaint = f"it took longer than {FETCH_SECONDS} s"
    finally:
        kill_group(fetcher.pid)
        await fetcher.wait()
    if fetcher.returncode != 0:
        raise StartProblem(
            f"Kafka {VERSION} could not be fetched: {complaint}. The first start needs a way to the Maven "
            "repository (a mirror in Maven's own settings.xml will do); or name a broker: "
            "KAFKA_BOOTSTRAP_SERVERS=host:port make run"
        )
    return FOLDER


async def _follow(fetcher: asyncio.subprocess.Process, progress: Progress) -> str:
    """Report its progress until it ends; the last line of what it complained about."""
    assert fetcher.stdout
    assert fetcher.stderr
    complaint = asyncio.create_task(fetcher.stderr.read())
    async for line in fetcher.stdout:
        done, _, total = line.decode().strip().partition("/")
        if done.isdigit() and total.isdigit():
            progress(int(done), int(total))
    await fetcher.wait()
    return ((await complaint).decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]


def locked() -> dict[str, str]:
    """`group:artifact:version` → sha256 of its jar, as kafka.lock says."""
    lines = [line.split() for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    return {line[0]: line[1] for line in lines}


def file_name(coordinate: str) -> str:
    _, artifact, version = coordinate.split(":")
    return f"{artifact}-{version}.jar"


def wrong(folder: Path, lock: Mapping[str, str]) -> list[str]:
    """The coordinates whose jar is missing from the folder or is not the locked one."""
    return [name for name, digest in lock.items() if sha256(folder / file_name(name)) != digest]


def sha256(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
