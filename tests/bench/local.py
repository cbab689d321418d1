"""What a picture costs with the provider `local`, beside what recognition itself takes of the same pictures.

The engine runs in as many processes at once as the analyzer has: they share caches and cores in both."""

import functools
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
from rich.console import Console

from image_analyzer import Client
from tests.bench.processes import cpu_of
from tests.labelled.draw import painted
from tests.labelled.pictures import pictures
from tests.local_servers import data_folder
from tests.system import System, running

_PICTURES = 100
_WARM = 8
_PROCESSES = 2
_END_SECONDS = 600.0


def measure(console: Console) -> None:
    """The engine before and after the analyzer: the less of its times counts."""
    with data_folder() as folder:
        shown = folder / "pictures"
        (shown / "warm").mkdir(parents=True)
        for number, picture in enumerate(pictures()[: _PICTURES + _WARM]):
            (shown / ("warm" if number >= _PICTURES else "") / f"{number}.jpg").write_bytes(painted(picture))
        own = [_engine(shown)]
        analyzer, workers = _analyzer(folder, shown)
        own.append(_engine(shown))
    ours, alone = analyzer + workers, min(own)
    console.print(
        f"local: {1_000 * ours:.0f} ms CPU a picture, {1_000 * workers:.0f} in the processes that read, "
        f"{1_000 * analyzer:.1f} in the analyzer; recognition alone {1_000 * alone:.0f}: "
        f"{100 * (ours / alone - 1):+.1f} %"
    )


def _engine(shown: Path) -> float:
    """CPU seconds a picture, of processes that do nothing else."""
    command = [sys.executable, "-m", "tests.bench.own_ocr", str(shown)]
    running_now = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(_PROCESSES)]
    seconds = [float(process.communicate(timeout=_END_SECONDS)[0]) for process in running_now]
    return sum(seconds) / len(seconds) / _PICTURES


def _analyzer(folder: Path, shown: Path) -> tuple[float, float]:
    """CPU seconds a picture, of the analyzer and of the processes that it starts."""
    with _served(shown) as port:
        settings = {"PROVIDER": "local", "FETCH_ALLOW_NETS": f"127.0.0.1/32:{port}"}
        with running(settings, folder) as system, Client(system.base_url) as client:
            origin = f"http://127.0.0.1:{port}"
            _run(client, [f"{origin}/warm/{path.name}" for path in (shown / "warm").iterdir()])
            before = _used(system)
            _run(client, [f"{origin}/{path.name}" for path in shown.glob("*.jpg")])
            after = _used(system)
    return (after[0] - before[0]) / _PICTURES, (after[1] - before[1]) / _PICTURES


def _run(client: Client, urls: list[str]) -> None:
    ended = client.wait(client.create(urls).batch_id, timeout=_END_SECONDS)
    assert ended.successful_count == len(urls), ended


def _used(system: System) -> tuple[float, float]:
    analyzer = psutil.Process(system.pid("analyzer-1"))
    return cpu_of(analyzer), sum(map(cpu_of, analyzer.children(recursive=True)))


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    """The folder's files on a free port of this machine."""
    handler = functools.partial(_Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
