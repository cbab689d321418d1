"""The supervisor on small processes: starts, deaths, ends."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import psutil
import pytest

from dev.folders import Folders, make_folders
from dev.problems import StartProblem
from dev.program import Program
from dev.stale import clean, read_pid
from dev.supervisor import Supervisor

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
WITH_CHILD = (
    "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
)
PATIENT = "import time, pathlib; pathlib.Path('{mark}').touch(); time.sleep(600)"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return make_folders(tmp_path)


@pytest.fixture
async def supervisor(folders: Folders) -> AsyncIterator[Supervisor]:
    made = Supervisor(folders, lambda text: None)
    yield made
    await made.stop()


def program(folders: Folders, name: str, code: str, start_seconds: float = 10) -> Program:
    """A Python process that is ready once it touched a file of its name."""
    mark = folders.data / name
    script = f"{code}\n{PATIENT.format(mark=mark)}"

    async def ready() -> bool:
        return mark.exists()

    return Program(
        name=name,
        argv=(sys.executable, "-c", script),
        env={**os.environ, "DATA_DIR": str(folders.data)},
        folder=folders.data,
        ready=ready,
        prepare=lambda: mark.unlink(missing_ok=True),
        start_seconds=start_seconds,
    )


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def start(supervisor: Supervisor, *programs: Program, stop_seconds: float = 5) -> None:
    await supervisor.start(programs, stop_seconds, lambda done, total: None)


def replaced(pid_file: Path, old: int) -> bool:
    return read_pid(pid_file) not in (None, old)


async def test_a_killed_process_is_started_again(supervisor: Supervisor, folders: Folders) -> None:
    await start(supervisor, program(folders, "redis-1", ""))
    pid_file = folders.pid_file("redis-1")
    for _ in range(3):
        old = read_pid(pid_file)
        assert old
        os.kill(old, signal.SIGKILL)
        await until(partial(replaced, pid_file, old))


async def test_what_a_killed_process_started_dies_with_it(supervisor: Supervisor, folders: Folders) -> None:
    await start(supervisor, program(folders, "analyzer-1", WITH_CHILD))
    pid = read_pid(folders.pid_file("analyzer-1"))
    children = psutil.Process(pid).children()
    assert len(children) == 1
    os.kill(pid or 0, signal.SIGKILL)
    await until(lambda: not children[0].is_running())


async def test_who_does_not_end_is_killed(folders: Folders) -> None:
    said: list[str] = []
    supervisor = Supervisor(folders, said.append)
    await start(supervisor, program(folders, "monitor-1", STUBBORN), stop_seconds=0.5)
    pid = read_pid(folders.pid_file("monitor-1"))
    started = time.monotonic()
    await supervisor.stop()
    assert time.monotonic() - started < 3
    assert not psutil.pid_exists(pid)
    assert said == ["monitor-1 did not end in 0 s and is killed"]
    assert not folders.pid_file("monitor-1").exists()


async def test_the_last_stage_ends_first(folders: Folders) -> None:
    ends = folders.data / "ends"
    tell = (
        "import signal, sys\n"
        "def end(*_):\n open({ends!r}, 'a').write({name!r} + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)"
    )
    supervisor = Supervisor(folders, lambda text: None)
    for name in ("kafka-1", "gateway-1"):
        await start(supervisor, program(folders, name, tell.format(ends=str(ends), name=name)))
    await supervisor.stop()
    assert ends.read_text() == "gateway-1 kafka-1 "


async def test_who_dies_at_start_is_a_sentence_with_its_last_words(
    supervisor: Supervisor, folders: Folders
) -> None:
    with pytest.raises(StartProblem, match=r"ingest-1 ended with status 1 .*ValueError: no such setting"):
        await start(supervisor, program(folders, "ingest-1", "raise ValueError('no such setting')"))


async def test_who_never_answers_is_a_sentence(supervisor: Supervisor, folders: Folders) -> None:
    slow = program(folders, "ingest-1", "import time; time.sleep(60)", start_seconds=0.3)
    with pytest.raises(StartProblem, match="did not answer in 0 s"):
        await start(supervisor, slow)


async def test_a_start_that_is_broken_off_leaves_nothing(folders: Folders) -> None:
    supervisor = Supervisor(folders, lambda text: None)
    slow = program(folders, "ingest-1", "import time; time.sleep(60)")
    starting = asyncio.create_task(start(supervisor, slow))
    await until(lambda: read_pid(folders.pid_file("ingest-1")))
    pid = read_pid(folders.pid_file("ingest-1"))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await supervisor.stop()
    assert not psutil.pid_exists(pid)


async def test_a_job_that_fails_is_a_sentence(supervisor: Supervisor, folders: Folders) -> None:
    with pytest.raises(StartProblem, match="SyntaxError"):
        await supervisor.job(program(folders, "migrate-1", "not even python"))


async def test_left_over_processes_are_ended_and_strangers_are_not(
    supervisor: Supervisor, folders: Folders, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await start(supervisor, program(folders, "kafka-1", ""))
    pid = read_pid(folders.pid_file("kafka-1"))
    other = make_folders(tmp_path_factory.mktemp("other"))
    other.pid_file("kafka-1").write_text(f"{pid}\n")
    assert clean(other) == []
    assert read_pid(folders.pid_file("kafka-1")) == pid
    assert clean(folders) == ["kafka-1"]
    await until(lambda: read_pid(folders.pid_file("kafka-1")) not in (None, pid))
