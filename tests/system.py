"""A whole system under its supervisor, for tests: `make run` without the sample batch."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dev.ports import free_port
from dev.stale import read_pid
from tests.local_servers import data_folder, end, launch

# Own servers from nothing take 4 s here, the services as long again; tests share two cores.
START_SECONDS = 120
POLL_SECONDS = 0.05


class System:
    """A running system. Names are those of the pid files: `analyzer-2`, `kafka-1`, `supervisor`."""

    def __init__(self, data: Path, environment: Mapping[str, str], port: int | None = None) -> None:
        self.data = data
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        # When an analyzer was killed (Unix seconds): what it had in calls may be paid for again.
        self.analyzer_kills: list[float] = []
        own = {"DATABASE_URL": "", "REDIS_URL": "", "KAFKA_BOOTSTRAP_SERVERS": "", "SAMPLE": "0"}
        settings = {**own, **environment, "DATA_DIR": str(data), "PORT": str(self.port)}
        self._output = (data / "make-run.log").open("w")
        self._process = launch("dev", settings, self._output.fileno(), subprocess.STDOUT)

    @property
    def output(self) -> str:
        """What `make run` printed so far."""
        return (self.data / "make-run.log").read_text()

    def wait_until_open(self) -> None:
        """Fails with what the system said if it ends, or is not open in time."""
        deadline = time.monotonic() + START_SECONDS
        while "Open for business" not in self.output:
            assert self._process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(POLL_SECONDS)

    def wait(self) -> int:
        """Until it ends by itself; its exit status."""
        try:
            return self._process.wait(START_SECONDS)
        finally:
            self._output.close()

    def pid(self, name: str) -> int:
        pid = read_pid(self.data / "run" / f"{name}.pid")
        assert pid is not None, f"{name} has no pid file"
        return pid

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send the signal; the pid it went to."""
        pid = self.pid(name)
        os.kill(pid, number)
        if number is signal.SIGKILL and name.startswith("analyzer-"):
            self.analyzer_kills.append(time.time())
        return pid

    def wait_for_restart(self, name: str, old: int, seconds: float = 30) -> int:
        """The pid of the process that took the place of `old`."""
        deadline = time.monotonic() + seconds
        while (pid := read_pid(self.data / "run" / f"{name}.pid")) in (None, old):
            assert time.monotonic() < deadline, f"{name} was not started again"
            time.sleep(POLL_SECONDS)
        assert pid is not None
        return pid

    def log(self, name: str) -> str:
        return (self.data / "logs" / f"{name}.log").read_text()

    def stop(self) -> int:
        """End it in order; the supervisor's exit status."""
        try:
            return end(self._process)
        finally:
            self._output.close()


@contextmanager
def running(environment: Mapping[str, str] | None = None, data: Path | None = None) -> Iterator[System]:
    """A system that is open for business, with servers of its own unless `environment` names some."""
    if data is None:
        with data_folder() as folder, running(environment, folder) as system:
            yield system
        return
    system = System(data, environment or {})
    try:
        system.wait_until_open()
        yield system
    finally:
        system.stop()
