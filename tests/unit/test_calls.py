"""Images become calls: sixteen at once when they are there, of whichever batches; a lone one soon."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import pytest

from services.analyzer import trouble
from services.analyzer.analysis import Analysis, ImageFailure, Usage
from services.analyzer.breaker import Breaker
from services.analyzer.caller import Caller
from services.analyzer.calls import Calls
from services.analyzer.entries import Entry
from services.analyzer.keys import ApiKey
from services.analyzer.pending import Failed, PendingImage, Wanted
from services.analyzer.permits import Go
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.suspects import Suspect
from shared.error_classes import ErrorClass
from shared.price import Price


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
async def running(caller: Any = None) -> AsyncIterator[tuple[Desk, Calls]]:
    desk = Desk()
    stub: Any = desk
    calls = Calls(caller or stub, stub, stub, stub, stub, max_images=16, at_once=25, most_bytes=32_000_000)
    task = asyncio.create_task(calls.run())
    yield desk, calls
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def image(batch: int = 1, content: bytes = b"picture", suspect: Suspect | None = None) -> PendingImage:
    wanted = Wanted("http://a", UUID(int=batch), 1, 1, "o", suspect)
    return PendingImage(wanted, content, "hash")


class Tally:
    """The marks that stand."""

    def __init__(self) -> None:
        self.now: Counter[str] = Counter()
        self.most = 0

    async def add(self, slice_id: UUID, field: str, by: int) -> None:
        self.now[field] += by
        self.most = max(self.most, self.now.total())


class Picky:
    """A provider that fails a call for one of its pictures."""

    name, max_images, at_once, needs_key = "google", 16, None, True

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        self.sizes: list[int] = []

    async def annotate(self, images: Sequence[bytes], key: str, deadline: float) -> list[Analysis]:
        self.sizes.append(len(images))
        if b"bad" in images:
            raise CallFailed(self.refusal, "one of them")
        return [Analysis("google")] * len(images)

    async def settle(self, *_: object) -> None:
        """It is its own ledger."""


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


@pytest.mark.parametrize(("deaths", "sizes"), [(0, [16]), (1, [4, 4, 4, 4]), (2, [1] * 16), (4, [1] * 16)])
async def test_suspects_share_calls_until_they_were_in_one_at_a_death(deaths: int, sizes: list[int]) -> None:
    tally = Tally()
    marks: Any = tally
    async with running() as (desk, calls):
        for row in range(16):
            calls.put(image(suspect=Suspect(marks, UUID(int=1), row, 0, deaths)))
        await desk.until(len(sizes))
        assert [size for _, size in desk.made] == sizes
    assert tally.most >= sizes[0], "they were marked before they were called for"
    assert tally.now.total() == 0, "and not after"


@pytest.mark.parametrize(
    ("refusal", "error_class", "calls_made"),
    [
        (Refusal.REQUEST, ErrorClass.PROVIDER_REFUSED, 9),
        (Refusal.TIMEOUT, ErrorClass.PROVIDER_ERROR, 9),
    ],
)
async def test_a_call_that_fails_for_one_picture_fails_no_other(
    monkeypatch: pytest.MonkeyPatch, refusal: Refusal, error_class: ErrorClass, calls_made: int
) -> None:
    monkeypatch.setattr(trouble, "_BACKOFF_SECONDS", 0.0)
    provider = Picky(refusal)
    stub: Any = provider
    images = [image(n % 3) for n in range(15)]
    bad = image(1, b"bad")
    async with running(Caller(stub, stub, 10.0, Price(9_500))) as (_, calls):
        for one in (*images, bad):
            calls.put(one)
        async with asyncio.timeout(5):
            ended = await asyncio.gather(bad.answer, *(one.answer for one in images), return_exceptions=True)
    assert isinstance(ended[0], Failed)
    assert ended[0].error_class is error_class
    assert all(isinstance(answer, Entry) for answer in ended[1:]), ended
    assert {answer.cost for answer in ended[1:] if isinstance(answer, Entry)} == {9_500}
    assert len(provider.sizes) == calls_made, provider.sizes


async def test_a_lone_picture_without_a_readable_answer_fails_after_three_calls_and_is_no_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Taken for an outage it would be asked for, and charged, once a minute for ever."""
    monkeypatch.setattr(trouble, "_BACKOFF_SECONDS", 0.0)
    provider, bad = Picky(Refusal.UNREADABLE), image(1, b"bad")
    stub: Any = provider
    caller = Caller(stub, stub, 10.0, Price())
    async with running(caller) as (_, calls):
        calls.put(bad)
        async with asyncio.timeout(5):
            with pytest.raises(Failed) as failed:
                await bad.answer
    assert failed.value.error_class is ErrorClass.PROVIDER_ERROR
    assert (provider.sizes, caller.breaker.open) == ([1, 1, 1], False)


async def test_tokens_of_calls_without_an_answer_are_charged_to_the_row_that_they_were_for() -> None:
    class Thinker(Picky):
        async def annotate(self, images: Sequence[bytes], key: str, deadline: float) -> list[Analysis]:
            self.sizes.append(len(images))
            if len(self.sizes) == 1:
                raise CallFailed(Refusal.UNREADABLE, "nothing readable", usage=Usage(1_000, 200))
            return [Analysis("gemini", usage=Usage(1_000, 100))]

    stub: Any = Thinker(Refusal.UNREADABLE)
    caller = Caller(stub, stub, 10.0, Price(0, 0.3, 2.5))
    one = image()
    assert await caller.call("1", ApiKey("group", "secret"), [one]) == [one], "it may be tried again"
    await caller.call("2", ApiKey("group", "secret"), [one])
    entry = await one.answer
    assert (entry.cost, entry.units) == (800 + 550, 1_200 + 1_100)


async def test_a_picture_that_was_charged_for_and_failed_tells_it_once() -> None:
    one = image()
    one.cost, one.units = 800, 1_200
    one.refuse(ImageFailure("Blocked: SAFETY", blocked=True))
    failed = one.answer.exception()
    assert isinstance(failed, Failed)
    assert (failed.error_class, failed.message) == (ErrorClass.PROVIDER_BLOCKED, "Blocked: SAFETY")
    assert (failed.cost, failed.units, failed.origin) == (800, 1_200, "o")
