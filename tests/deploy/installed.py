"""The product as the image holds it, without the checkout: another user, empty folder, read-only tree."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from dev.image_size import install
from dev.keeper import CHILD
from dev.ports import free_port
from dev.servers.postgres_home import reachable, server_user
from dev.services import ORDER

START_SECONDS = 60
STOP_SECONDS = 30
SYSTEM_PYTHON = Path("/usr/bin/python3")


class Installed(NamedTuple):
    """`tree` is read-only, `empty` the working folder, `data` all that may be written."""

    tree: Path
    empty: Path
    data: Path

    def run(self, module: str, environment: Mapping[str, str]) -> None:
        """A command to its end, which has to be a good one."""
        process = self.start(module, module, environment)
        assert process.wait(START_SECONDS) == 0, self.said(module)

    def start(self, module: str, name: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """`python -m module`, with nothing of this process' environment; what it says goes to a log."""
        user = server_user(self.data)
        uid, gid = (user.uid, user.gid) if user else (-1, -1)
        child = [sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), str(uid), str(gid)]
        with (self.data / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [*child, str(self.tree / "bin" / "python"), "-m", module],
                env={"PATH": "/usr/bin:/bin", **self.writable, **environment},
                cwd=self.empty,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def writable(self) -> dict[str, str]:
        return {"TMPDIR": str(self.data), "PYTHONPYCACHEPREFIX": str(self.data / "pycache")}

    def said(self, name: str) -> str:
        return (self.data / f"{name}.log").read_text()


def make(folder: Path) -> Installed:
    """Installs as the Dockerfile does; `folder` can be reached by anybody."""
    python = Path(os.path.realpath(sys.executable))
    installed = Installed(folder / "app", folder / "empty", folder / "data")
    install(installed.tree, python=python if reachable(python) else SYSTEM_PYTHON)
    for path in [installed.tree, *installed.tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o555)
    installed.empty.mkdir(mode=0o555)
    installed.data.mkdir()
    if user := server_user(installed.data.parent / "nothing yet"):
        os.chown(installed.data, user.uid, user.gid)
    return installed


@contextmanager
def services(installed: Installed, environment: Mapping[str, str]) -> Iterator[None]:
    """The five of them, ready. All have to end with 0 within 30 s."""
    ports = {service: free_port() for service in ORDER}
    exporter = f"http://127.0.0.1:{ports['exporter']}"
    common = {"EXPORTER_URL": exporter, "DATA_DIR": str(installed.data), **environment}
    with ExitStack() as stack:
        running = {}
        for service, port in ports.items():
            own = {**common, "INSTANCE": f"{service}-1", "OPS_PORT": str(port)}
            running[service] = installed.start(f"services.{service}", service, own)
            stack.callback(_end, running[service])
            if service == "gateway":  # it makes the folder of uploads, which ingest looks for
                _wait(installed, service, running[service], port)
        for service, process in running.items():
            _wait(installed, service, process, ports[service])
        yield
        for process in running.values():
            process.terminate()
        for service, process in running.items():
            assert process.wait(STOP_SECONDS) == 0, f"{service}: {installed.said(service)}"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(STOP_SECONDS)


def _wait(installed: Installed, service: str, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _ready(port):
        assert process.poll() is None, f"{service} ended: {installed.said(service)}"
        assert time.monotonic() < deadline, f"{service} was not ready: {installed.said(service)}"
        time.sleep(0.1)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
