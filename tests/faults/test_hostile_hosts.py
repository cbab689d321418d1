"""5 % hostile hosts in a long run: rows end in time, the others keep their rate, memory is flat."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psutil
import pytest

from services.analyzer.address_guard import parse_allow_nets
from services.analyzer.download import Downloader, Picture
from services.analyzer.memory import Memory
from shared.error_classes import ErrorClass
from tests.fakes.images import serve

HOSTILE = {
    "loris": {ErrorClass.TIMEOUT},
    "endless": {ErrorClass.TOO_LARGE, ErrorClass.TIMEOUT},
    "loop": {ErrorClass.HTTP_4XX},
    "bomb": {ErrorClass.TOO_LARGE},
}
GOOD_HOSTS = 76
SLICES, ROWS = 8, 64
# What six keys allow.
RATE = 6 * 55 * 16 / 60
SECONDS = 420.0


@pytest.fixture
async def origins() -> AsyncIterator[list[str]]:
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serve()) for _ in range(GOOD_HOSTS + len(HOSTILE))]
        yield [server.url for server in servers]


class Slices:
    """Eight slices in hand, as an analyzer has; good rows then wait for the quota's pace."""

    def __init__(self, downloader: Downloader) -> None:
        self.good = 0
        self.longest = 0.0
        self.classes: dict[str, set[ErrorClass]] = {}
        self._downloader = downloader
        self._memory = Memory(100_000_000)
        self._next = time.monotonic()

    async def run(self, urls: "itertools.cycle[str]", seconds: float) -> float:
        """Good rows a second."""
        self.good, began = 0, time.monotonic()
        lanes = [asyncio.create_task(self._lane(urls)) for _ in range(SLICES)]
        await asyncio.sleep(seconds)
        rate = self.good / (time.monotonic() - began)
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        return rate

    async def _lane(self, urls: "itertools.cycle[str]") -> None:
        while True:
            await asyncio.gather(*(self._row(next(urls)) for _ in range(ROWS)))

    async def _row(self, url: str) -> None:
        began = time.monotonic()
        with self._memory.portion() as portion:
            outcome = await self._downloader.fetch(url, portion)
            if isinstance(outcome, Picture):
                await self._pace()
                self.good += 1
                return
        self.longest = max(self.longest, time.monotonic() - began)
        self.classes.setdefault(url.split("/")[3], set()).add(outcome.error_class)

    async def _pace(self) -> None:
        """Quota that was not used is lost."""
        self._next = max(self._next, time.monotonic() - 1) + 1 / RATE
        await asyncio.sleep(self._next - time.monotonic())


@pytest.mark.timeout(900)
async def test_the_others_keep_95_percent_of_their_rate(origins: list[str]) -> None:
    good = [f"{origin}/good/1.jpg" for origin in origins[:GOOD_HOSTS]]
    bad = [f"{o}/{kind}/1.jpg" for kind, o in zip(HOSTILE, origins[GOOD_HOSTS:], strict=True)]
    mixed = [url for part in range(4) for url in (*good[part * 19 : part * 19 + 19], bad[part])]
    opened = parse_allow_nets("127.0.0.1/32")
    async with Downloader(opened, at_once=100) as downloader:
        slices = Slices(downloader)
        alone = await slices.run(itertools.cycle(good), 20)
        before = psutil.Process().memory_info().rss
        beside = await slices.run(itertools.cycle(mixed), SECONDS)
        grown = (psutil.Process().memory_info().rss - before) / 1_000_000
    print(f"alone {alone:.1f}/s, beside {beside:.1f}/s, longest {slices.longest:.1f} s, grown {grown:.0f} MB")
    assert all(slices.classes[kind] <= classes for kind, classes in HOSTILE.items()), slices.classes
    assert slices.longest <= 60
    assert grown < 150
    assert beside >= 0.95 * alone
