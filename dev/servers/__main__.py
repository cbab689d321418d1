"""`python -m dev.servers`: just the servers, for tests and for work on one service.

Prints their addresses as `export NAME=VALUE` lines when all three answer, and ends them on Ctrl-C.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys

from dev import checks, settings, stale
from dev.folders import Folders, make_folders
from dev.ports import Ports
from dev.problems import StartProblem
from dev.servers.choose import check_named, choose
from dev.stopping import until_stopped
from dev.supervisor import Supervisor

STOP_SECONDS = 8


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def serve(wanted: settings.Settings, folders: Folders, supervisor: Supervisor) -> None:
    await check_named(wanted)
    ports = Ports(folders.run / "ports.json")
    programs, addresses = await choose(wanted, folders, ports, lambda done, total: None)
    await supervisor.start(programs, STOP_SECONDS, lambda done, total: None)
    for name, value in addresses.environment().items():
        print(f"export {name}={shlex.quote(value)}", flush=True)


def main() -> int:
    try:
        wanted = settings.read(os.environ)
        folders = make_folders(wanted.data_dir)
        checks.check_machine(folders, wanted)
        with stale.held(folders):
            stale.clean(folders)
            supervisor = Supervisor(folders, say)
            return asyncio.run(until_stopped(supervisor, serve(wanted, folders, supervisor)))
    except StartProblem as problem:
        say(str(problem))
        return 1


if __name__ == "__main__":
    sys.exit(main())
