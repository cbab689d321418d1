"""A whole system on the fakes, and a client of it: for end-to-end tests, faults and benchmarks."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import httpx

from tests.fakes.process import ImageProcess, VisionProcess, image_process, vision_process
from tests.fakes.vision import Log, assert_paid_once, read_log
from tests.fakes.vision.server import fingerprint
from tests.local_servers import data_folder
from tests.system import System, running

ENDED = ("completed", "failed", "cancelled")
UNLIMITED = 1_000_000
# With this key a benchmark calls the fake itself: what it pays is not the system's.
STRANGER = "stranger"
T = TypeVar("T")


def until(look: Callable[[], T], seconds: float = 60, every: float = 0.05, what: str = "") -> T:
    """The first true answer of `look`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or look}"
        time.sleep(every)
    return answer


class World(NamedTuple):
    """A running system, its fakes, and a client."""

    system: System
    vision: VisionProcess
    images: ImageProcess
    journal: Path
    http: httpx.Client

    def urls(self, count: int, first: int = 1, size: int = 40_000) -> list[str]:
        return [f"{self.images.url}/good/{n}.jpg?size={size}" for n in range(first, first + count)]

    def submit(self, lines: list[str], header: str = "url", **fields: str) -> str:
        """Uploads; the batch's id."""
        return self.submit_file("\n".join([header, *lines]).encode(), **fields)

    def submit_file(self, body: bytes, **fields: str) -> str:
        reply = self.http.post("/api/v1/batches", files={"file": ("urls.csv", body)}, data=fields)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["data"]["batch_id"])

    def progress(self, batch: str) -> dict[str, Any]:
        reply = self.http.get(f"/api/v1/batches/{batch}/progress")
        assert reply.status_code == 200, reply.text
        data: dict[str, Any] = reply.json()["data"]
        return data

    def control(self, batch: str, verb: str) -> httpx.Response:
        return self.http.post(f"/api/v1/batches/{batch}/{verb}")

    def wait_for(
        self,
        batch: str,
        reached: Callable[[dict[str, Any]], bool],
        seconds: float = 60,
        every: float = 0.05,
    ) -> dict[str, Any]:
        """Polls progress, which must never fall, until `reached`; outages of a reply are waited out."""
        best = 0
        seen: dict[str, Any] = {}

        def look() -> bool:
            nonlocal best, seen
            try:
                seen = self.progress(batch)
            except (httpx.TransportError, AssertionError):
                return False
            assert seen["processed_count"] >= best, f"progress fell from {best} to {seen['processed_count']}"
            assert seen["processed_count"] == seen["successful_count"] + seen["failed_count"]
            best = seen["processed_count"]
            return reached(seen)

        try:
            until(look, seconds, every)
        except AssertionError as error:
            raise AssertionError(f"{error}; last seen: {seen}") from None
        return seen

    def wait_end(self, batch: str, seconds: float = 60, every: float = 0.05) -> dict[str, Any]:
        return self.wait_for(batch, lambda seen: seen["status"] in ENDED, seconds, every)

    def export(self, batch: str) -> list[dict[str, str]]:
        reply = self.http.get(f"/api/v1/export/batch/{batch}", params={"format": "csv"})
        assert reply.status_code == 200, reply.text
        return list(csv.DictReader(io.StringIO(reply.text)))

    def log(self) -> Log:
        return read_log(self.journal)

    def assert_paid_once(self, anew: Sequence[float] = ()) -> int:
        """How many images were paid for again, all because of a kill or a call out of time (G4)."""
        log, stranger = self.log(), fingerprint(STRANGER)
        ours = Log([line for line in log.images if line.key != stranger], log.calls)
        return assert_paid_once(ours, self.system.analyzer_kills, anew)


def environment(vision: VisionProcess, images: ImageProcess, settings: Mapping[str, str]) -> dict[str, str]:
    origin = urlsplit(images.url)
    return {
        "PROVIDER": "google",
        "VISION_ENDPOINT": vision.address,
        "VISION_API_KEYS": "one:key-1,two:key-2",
        "REQUESTS_PER_MINUTE": str(UNLIMITED),
        "API_REQUESTS_PER_HOUR": "0",
        "FETCH_ALLOW_NETS": f"{origin.hostname}/32:{origin.port}",
        **settings,
    }


@contextmanager
def world(behaviour: Mapping[str, object] | None = None, **settings: str) -> Iterator[World]:
    """`settings` are environment variables of the system. At the end G4 is held against the fake's log."""
    with data_folder() as folder, image_process() as images:
        journal = folder / "vision.jsonl"
        with (
            vision_process(journal, **(behaviour or {})) as vision,
            running(environment(vision, images, settings), folder) as system,
            httpx.Client(base_url=system.base_url, timeout=30) as http,
        ):
            own = World(system, vision, images, journal, http)
            yield own
            own.assert_paid_once()


def assert_whole(rows: list[dict[str, str]], urls: list[str], batch: str) -> None:
    """G1 and G9: one result for each row, in input order, none of another batch."""
    assert [row["url"] for row in rows] == urls
    assert [int(row["row_no"]) for row in rows] == list(range(1, len(urls) + 1))
    assert {row["batch_id"] for row in rows} == {batch}
