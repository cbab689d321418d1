"""All processes of a system under one supervisor: started in stages, ended in the opposite order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dev import logfiles
from dev.folders import Folders
from dev.keeper import Keeper, Say, ending, failed_start, spawn
from dev.program import Program
from dev.stale import kill_group

LOG_CHECK_SECONDS = 30

Step = Callable[[int, int], None]


@dataclass
class Supervisor:
    """Runs programs until `stop`. One stage is what one `start` call brought; it stops as a whole."""

    folders: Folders
    say: Say
    _stages: list[tuple[float, list[Keeper]]] = field(default_factory=list)

    async def start(self, programs: Sequence[Program], stop_seconds: float, step: Step) -> None:
        """Start them side by side and wait until all serve. Raises the first one's StartProblem.

        `stop_seconds` is how long this stage may take to end before it is killed; `step` is told
        how many of how many serve.
        """
        keepers = [Keeper(program, self.folders, self.say) for program in programs]
        self._stages.append((stop_seconds, keepers))
        starts = [asyncio.create_task(keeper.start()) for keeper in keepers]
        try:
            step(0, len(starts))
            for number, start in enumerate(asyncio.as_completed(starts), 1):
                await start
                step(number, len(starts))
        finally:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)

    async def job(self, program: Program) -> None:
        """Run a program to its end. Raises StartProblem if it fails or outlasts its start_seconds."""
        process = await spawn(program, self.folders)
        how = f"took longer than {program.start_seconds:.0f} s"
        try:
            async with asyncio.timeout(program.start_seconds):
                how = ending(await process.wait())
        except TimeoutError:
            pass
        finally:
            kill_group(process.pid)
            code = await process.wait()
            self.folders.pid_file(program.name).unlink(missing_ok=True)
        if code != 0:
            raise failed_start(program.name, how, self.folders)

    async def keep_logs_bounded(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOG_CHECK_SECONDS)
            for log in self.folders.logs.glob("*.log"):
                await asyncio.to_thread(logfiles.cut, log)

    async def stop(self) -> None:
        """End the last stage first, each stage's processes together."""
        while self._stages:
            seconds, keepers = self._stages.pop()
            await asyncio.gather(*(keeper.stop(seconds) for keeper in keepers))
