"""CPU seconds and peak memory of the processes of a system, from the operating system's books."""

from pathlib import Path
from typing import NamedTuple

import psutil

from tests.workload import World


class Used(NamedTuple):
    """`cpu` in seconds with that of all child processes; `mb` the largest resident size so far."""

    cpu: float
    mb: float


def used_by(world: World) -> dict[str, Used]:
    """By process name, as in `analyzer-1`, and the fakes together."""
    folder = world.system.data / "run"
    used = {path.stem: used_by_process(int(path.read_text())) for path in sorted(folder.glob("*-[0-9].pid"))}
    fakes = [p for p in psutil.Process().children(recursive=True) if "tests.fakes" in " ".join(p.cmdline())]
    return {**used, "fakes": Used(sum(cpu_of(p) for p in fakes), max(_peak(p.pid) for p in fakes))}


def used_by_process(pid: int) -> Used:
    """With its children."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return Used(sum(cpu_of(process) for process in family), sum(_peak(process.pid) for process in family))


def cpu_of(process: psutil.Process) -> float:
    """Seconds so far, in the processor's own and the system's time."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next((line.split()[1] for line in lines if line.startswith("VmHWM")), "0")
    return int(kilobytes) / 1_024
