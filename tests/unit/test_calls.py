"""Images become calls: sixteen at once when they are there, of whichever batches; a lone one soon."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from services.analyzer.breaker import Breaker
from services.analyzer.calls import Calls
from services.analyzer.keys import ApiKey
from services.analyzer.pending import PendingImage, Wanted
from services.analyzer.permits import Go


class Desk:
    """A caller, permits and keys that always say yes. `made`: when each call went, and with how many."""

    def __init__(self) -> None:
        self.breaker = Breaker()
        self.made: list[tuple[float, int]] = []

    async def ask(self, call_id: str, images: list[PendingImage]) -> Go:
        await asyncio.sleep(0)
        return Go("group", "print")

    def find(self, fingerprint: str) -> ApiKey:
        return ApiKey("group", "secret")

    async def call(self, call_id: str, key: ApiKey, images: list[PendingImage]) -> list[PendingImage]:
        self.made.append((time.monotonic(), len(images)))
        for image in images:
            image.answer.cancel()
        return []

    async def until(self, calls: int) -> None:
        async with asyncio.timeout(5):
            while len(self.made) < calls:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Desk, Calls]]:
    desk = Desk()
    stub: Any = desk
    calls = Calls(stub, stub, stub, stub, stub, max_images=16, at_once=25)
    task = asyncio.create_task(calls.run())
    yield desk, calls
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def image(batch: int = 1) -> PendingImage:
    return PendingImage(Wanted("http://a", UUID(int=batch), 1, 1, "o"), b"picture", "hash")


async def test_sixteen_go_at_once_and_together_whatever_batches_they_are_of() -> None:
    async with running() as (desk, calls):
        began = time.monotonic()
        for number in range(32):
            calls.put(image(number % 5))
            await asyncio.sleep(0)
        await desk.until(2)
        assert [size for _, size in desk.made] == [16, 16]
        assert desk.made[-1][0] - began < 0.25, "nobody waited for more"


async def test_a_lone_image_waits_for_company_and_no_longer_than_half_a_second() -> None:
    async with running() as (desk, calls):
        began = time.monotonic()
        calls.put(image())
        await asyncio.sleep(0.1)
        assert not desk.made
        calls.put(image(2))
        await desk.until(1)
        assert desk.made[0][0] - began < 0.5
        assert desk.made[0][1] == 2, "who came meanwhile goes along"


async def test_while_one_waits_the_sixteenth_ends_the_waiting() -> None:
    async with running() as (desk, calls):
        for number in range(15):
            calls.put(image(number))
        await asyncio.sleep(0.05)
        assert not desk.made
        began = time.monotonic()
        calls.put(image())
        await desk.until(1)
        assert desk.made[0][1] == 16
        assert desk.made[0][0] - began < 0.25
