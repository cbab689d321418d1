"""`make run`: the servers and the five services under this one process, then the sample batch."""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp

from dev import checks, first_batch, first_key, services, settings, stale
from dev.folders import Folders, make_folders
from dev.ports import Ports
from dev.problems import StartProblem
from dev.screen import Screen
from dev.servers.choose import Addresses, check_named, choose
from dev.stopping import until_stopped
from dev.supervisor import Supervisor

SERVERS_STOP_SECONDS = 8
SERVICES_STOP_SECONDS = 20


async def start_servers(
    wanted: settings.Settings, folders: Folders, ports: Ports, supervisor: Supervisor, screen: Screen
) -> Addresses:
    await check_named(wanted)
    with screen.bar("Fetching Kafka") as step:
        programs, addresses = await choose(wanted, folders, ports, step)
    with screen.bar("Starting servers") as step:
        await supervisor.start(programs, SERVERS_STOP_SECONDS, step)
    return addresses


async def run(wanted: settings.Settings, folders: Folders, supervisor: Supervisor, screen: Screen) -> None:
    """Everything from the first server to the table of the sample batch."""
    ports = Ports(folders.run / "ports.json")
    addresses = await start_servers(wanted, folders, ports, supervisor, screen)
    ops_ports = services.choose_ops_ports(wanted, ports)
    environment = services.environment(wanted, folders, addresses, ops_ports)
    services.write_metrics_targets(folders.run / "metrics.json", ops_ports)
    screen.say("Preparing topics and tables …")
    await supervisor.job(services.migrate_job(environment))
    with screen.bar("Starting services") as step:
        await supervisor.start(services.programs(environment, ops_ports), SERVICES_STOP_SECONDS, step)
    url = services.base_url(wanted)
    screen.say(f"Open for business: {url}   (logs: {folders.logs}; Ctrl-C stops everything)")
    if first_key.is_needed(wanted):
        screen.say(first_key.advice(wanted, addresses))
    elif wanted.sample:
        try:
            await first_batch.show(screen, folders.data / "sample", url)
        except (first_batch.SampleProblem, aiohttp.ClientError, TimeoutError) as error:
            screen.say(f"The sample batch could not be shown: {error}. The system is up all the same.")


def main() -> int:
    screen = Screen()
    try:
        checks.check_python()
        wanted = settings.read(os.environ)
        folders = make_folders(wanted.data_dir)
        with stale.held(folders):
            stale.clean(folders)
            checks.check_port(wanted)
            checks.check_machine(folders, wanted, len(services.instances(wanted.analyzers)))
            supervisor = Supervisor(folders, screen.say)
            status = asyncio.run(until_stopped(supervisor, run(wanted, folders, supervisor, screen)))
    except StartProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    screen.say("Stopped.")
    return status


if __name__ == "__main__":
    sys.exit(main())
