"""One process kept alive: started, waited for, restarted with backoff when it dies, ended on request."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import SubprocessError

from dev import logfiles
from dev.backoff import deaths_in_row, delay
from dev.explain import explain, tail_of
from dev.folders import Folders
from dev.problems import StartProblem
from dev.program import Program
from dev.stale import kill_group

CHILD = Path(__file__).with_name("child.py")
POLL_SECONDS = 0.1

Say = Callable[[str], None]


async def spawn(program: Program, folders: Folders) -> asyncio.subprocess.Process:
    """Start the process, in a session of its own: a Ctrl-C reaches it through the supervisor only."""
    user = (str(program.user.uid), str(program.user.gid)) if program.user else ("-1", "-1")
    launcher = (sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), *user)
    log = logfiles.open_log(folders.log_file(program.name))
    try:
        process = await asyncio.create_subprocess_exec(
            *launcher,
            *program.argv,
            env=dict(program.env),
            cwd=program.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    finally:
        os.close(log)
    folders.pid_file(program.name).write_text(f"{process.pid}\n")
    return process


def ending(code: int) -> str:
    if code >= 0:
        return f"ended with status {code}"
    return f"was ended by {signal.Signals(-code).name}"


def failed_start(name: str, how: str, folders: Folders) -> StartProblem:
    """`how` it ended, what its log says, and where the log is."""
    log = folders.log_file(name)
    meaning = explain(tail_of(log), folders.data)
    return StartProblem(f"{name} {how} while starting. {meaning} (The whole log: {log})")


class Keeper:
    """Keeps one program running from `start` to `stop`."""

    def __init__(self, program: Program, folders: Folders, say: Say) -> None:
        self.program = program
        self._folders = folders
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it and wait until it serves. Raises StartProblem if it ends before, or is too slow."""
        await asyncio.to_thread(self.program.prepare)
        self._process = await spawn(self.program, self._folders)
        await self._until_ready(self._process)
        self._task = asyncio.create_task(self._keep(self._process))

    async def stop(self, seconds: float) -> None:
        """Ask it to end, wait so long, then kill it and what it started."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(self.program.stop_signal)
            try:
                async with asyncio.timeout(seconds):
                    await process.wait()
            except TimeoutError:
                self._say(f"{self.program.name} did not end in {seconds:.0f} s and is killed")
        kill_group(process.pid)
        await process.wait()
        self._folders.pid_file(self.program.name).unlink(missing_ok=True)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        program = self.program
        deadline = time.monotonic() + program.start_seconds
        while not await program.ready():
            if process.returncode is not None:
                raise self._problem(ending(process.returncode))
            if time.monotonic() > deadline:
                raise self._problem(f"did not answer in {program.start_seconds:.0f} s")
            await asyncio.sleep(POLL_SECONDS)

    def _problem(self, how: str) -> StartProblem:
        return failed_start(self.program.name, how, self._folders)

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        """Wait for its death and start it again, until cancelled."""
        deaths = 0
        while True:
            started = time.monotonic()
            code = await process.wait()
            kill_group(process.pid)
            deaths = deaths_in_row(deaths, time.monotonic() - started)
            pause = delay(deaths)
            self._say(f"{self.program.name} {ending(code)}; it starts again in {pause:.1f} s")
            await asyncio.sleep(pause)
            process = await self._restart(process)

    async def _restart(self, dead: asyncio.subprocess.Process) -> asyncio.subprocess.Process:
        """The new process; the dead one if it could not be started, which counts as one more death."""
        try:
            await asyncio.to_thread(self.program.prepare)
            self._process = await spawn(self.program, self._folders)
        except (StartProblem, OSError, SubprocessError) as error:
            self._say(f"{self.program.name} can't start again: {error}")
            return dead
        return self._process
