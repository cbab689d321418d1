"""The servers of dev/, in a folder of their own, for as long as a test session lasts."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import psutil

from dev.keeper import CHILD
from dev.stale import read_pid

ROOT = Path(__file__).parent.parent
# The first start on a machine fetches Kafka (10 s where the line is good); later ones take 3 s.
START_SECONDS = 180
STOP_SECONDS = 30


@contextmanager
def data_folder() -> Iterator[Path]:
    """A fresh folder that the user of Postgres can reach too, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="image-analyzer-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def launch(
    module: str, environment: Mapping[str, str], output: int, errors: int | None = None
) -> subprocess.Popen[str]:
    """`python -m module`, which ends with this process even if that is killed."""
    command = [sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), "-1", "-1", sys.executable]
    return subprocess.Popen(
        [*command, "-m", module],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=output,
        stderr=errors,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> int:
    """Ask it to stop and wait; its exit status."""
    process.terminate()
    try:
        return process.wait(STOP_SECONDS)
    finally:
        process.kill()


def is_gone(pid: int | None) -> bool:
    """A killed process that nobody has waited for yet is gone too."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def started() -> Iterator[tuple[str, str, str]]:
    """The addresses of Postgres, Redis and Kafka."""
    own = {"DATABASE_URL": "", "REDIS_URL": "", "KAFKA_BOOTSTRAP_SERVERS": ""}
    with data_folder() as folder:
        process = launch("dev.servers", {**own, "DATA_DIR": str(folder)}, subprocess.PIPE)
        try:
            exports = _exports(process)
            asyncio.run(_spare_the_disk(exports["DATABASE_URL"]))
            yield tuple(exports[name] for name in own)  # type: ignore[misc]  # three, as `own` has
        finally:
            process.terminate()
            _forget_kafka(folder)
            end(process)
            if process.stdout:
                process.stdout.close()


async def _spare_the_disk(database_url: str) -> None:
    """A cut of power is no test: what Postgres has written is there after a kill, too."""
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        await connection.execute("alter system set fsync = off")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


def _forget_kafka(folder: Path) -> None:
    """Its data go away, so it need not store them: with the topics of hundreds of tests that takes 10 s."""
    pid = read_pid(folder / "run" / "kafka-1.pid")
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _exports(process: subprocess.Popen[str]) -> dict[str, str]:
    """Its three `export NAME=VALUE` lines. Fails when it ends or takes too long."""
    too_long = threading.Timer(START_SECONDS, process.kill)
    too_long.start()
    found: dict[str, str] = {}
    assert process.stdout
    for line in process.stdout:
        name, _, value = line.removeprefix("export ").partition("=")
        found[name] = shlex.split(value)[0]
        if len(found) == 3:
            break
    too_long.cancel()
    assert len(found) == 3, "the servers did not start: what they said stands above"
    return found
