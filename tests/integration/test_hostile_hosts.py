"""Hosts that mean harm beside hosts that are well: each gets its class in time, the others notice nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from services.analyzer import download, standing
from services.analyzer.address_guard import parse_allow_nets
from services.analyzer.download import Downloader, Picture
from services.analyzer.fetch_failure import FetchFailure
from services.analyzer.memory import Memory
from shared.error_classes import ErrorClass
from tests.fakes.images import serve

TRY_SECONDS = 0.3
HOSTILE = {
    "loris": ErrorClass.TIMEOUT,
    "stall": ErrorClass.TIMEOUT,
    "endless": ErrorClass.TOO_LARGE,
    "loop": ErrorClass.HTTP_4XX,
    "bomb": ErrorClass.TOO_LARGE,
    "500": ErrorClass.HTTP_5XX,
}
GOOD_HOSTS, GOOD_ROWS, BAD_ROWS = 10, 30, 12


@pytest.fixture
async def origins() -> AsyncIterator[list[str]]:
    """Each on a port of its own, which makes it another host."""
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serve()) for _ in range(GOOD_HOSTS + len(HOSTILE))]
        yield [server.url for server in servers]


class Run:
    """Fetches rows at once, as the rows of slices are."""

    def __init__(self, downloader: Downloader) -> None:
        self._downloader = downloader
        self.memory = Memory(100_000_000)

    async def row(self, url: str) -> tuple[Picture | FetchFailure, float]:
        began = time.monotonic()
        with self.memory.portion() as portion:
            outcome = await self._downloader.fetch(url, portion)
        return outcome, time.monotonic() - began

    async def good(self, origins: list[str]) -> float:
        """The seconds that the rows of all good hosts take."""
        began = time.monotonic()
        urls = [f"{origin}/good/{n}.jpg" for origin in origins for n in range(GOOD_ROWS)]
        found = await asyncio.gather(*map(self.row, urls))
        assert all(isinstance(outcome, Picture) for outcome, _ in found)
        return time.monotonic() - began


async def test_hostile_hosts_get_their_class_in_time_and_the_others_their_pictures(
    origins: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MAX_WAIT", 0.05)
    monkeypatch.setattr(download, "MAX_BYTES", 4_000_000)
    monkeypatch.setattr(standing, "_PAUSE_SECONDS", 0.2)
    good, bad = origins[:GOOD_HOSTS], dict(zip(HOSTILE, origins[GOOD_HOSTS:], strict=True))
    opened = parse_allow_nets("127.0.0.1/32")
    async with Downloader(opened, at_once=40, try_seconds=TRY_SECONDS) as downloader:
        run = Run(downloader)
        await run.row(f"{bad['bomb']}/bomb/0.jpg")  # it takes a while to make
        rows = {
            asyncio.create_task(run.row(f"{origin}/{kind}/{n}.jpg")): kind
            for kind, origin in bad.items()
            for n in range(BAD_ROWS)
        }
        await asyncio.sleep(TRY_SECONDS / 3)
        in_time = await run.good(good)
        assert not all(row.done() for row in rows), "the hostile ones still hold what they can"
        for row, kind in rows.items():
            outcome, seconds = await row
            assert isinstance(outcome, FetchFailure)
            assert outcome.error_class is HOSTILE[kind], kind
            assert seconds < 4 * TRY_SECONDS + 1, "three tries of the first ones, a pause and a probe"
        assert in_time < 4 * TRY_SECONDS
        assert run.memory.taken == 0
