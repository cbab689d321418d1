"""Fakes as processes of their own, for tests whose system under test is one too."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.fakes.vision.journal import Stats

ROOT = Path(__file__).parents[2]
_START_SECONDS = 30.0


class VisionProcess:
    """A fake Vision in another process. `address` is for VISION_ENDPOINT."""

    def __init__(self, address: str, control: str) -> None:
        self.address = address
        self._control = control

    def change(self, **fields: object) -> None:
        """Sets fields of its Behaviour, from the next call on."""
        _http("PATCH", f"{self._control}/behaviour", json.dumps(fields).encode())

    def stats(self) -> Stats:
        return msgspec.json.decode(_http("GET", f"{self._control}/stats"), type=Stats)

    def reset(self) -> None:
        """Forgets counts and taken quota."""
        _http("POST", f"{self._control}/reset", b"")


class ImageProcess:
    """The image server in another process. `url` is its origin, like http://127.0.0.1:4711."""

    def __init__(self, url: str) -> None:
        self.url = url

    def requests(self) -> dict[str, int]:
        """How often each path was asked for."""
        return msgspec.json.decode(_http("GET", f"{self.url}/_stats"), type=dict[str, int])


@contextmanager
def vision_process(log: Path | None = None, **behaviour: object) -> Iterator[VisionProcess]:
    """A fake Vision that behaves as said; its journal goes to `log`."""
    options = ["--behaviour", json.dumps(behaviour), *(["--log", str(log)] if log else [])]
    with _running("tests.fakes.vision", options) as started:
        yield VisionProcess(started["address"], started["control"])


@contextmanager
def image_process() -> Iterator[ImageProcess]:
    with _running("tests.fakes.images", []) as started:
        yield ImageProcess(started["url"])


@contextmanager
def _running(module: str, options: list[str]) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", module, *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        line = process.stdout.readline()  # ends too when the process does
        if not line:
            raise RuntimeError(f"{module} ended with status {process.wait(_START_SECONDS)}")
        yield json.loads(line)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        process.stdout.close()


def _http(method: str, url: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, data=body, method=method)
    with urllib.request.urlopen(request, timeout=10) as reply:
        content: bytes = reply.read()
        return content
