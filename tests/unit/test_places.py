"""Slices are worked on in order, fairly over the batches, and a batch that comes anew waits behind nobody."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

from services.analyzer.places import Places

HUGE, SMALL, OTHER = (UUID(int=n) for n in (1, 2, 3))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def began(*asked: "asyncio.Future[None]") -> list[bool]:
    return [one.done() for one in asked]


async def test_so_many_are_worked_on_and_the_others_in_their_order() -> None:
    places = Places(2)
    asked = [places.ask(HUGE, 1) for _ in range(4)]
    assert began(*asked) == [True, True, False, False]
    places.leave(HUGE)
    assert began(*asked) == [True, True, True, False]


async def test_a_batch_that_comes_anew_begins_at_once_with_one() -> None:
    places = Places(2)
    huge = [places.ask(HUGE, 1) for _ in range(3)]
    small = [places.ask(SMALL, 1) for _ in range(2)]
    assert began(*huge, *small) == [True, True, False, True, False]
    places.leave(HUGE)
    assert began(*huge, *small) == [True, True, False, True, False], "there is one more than there should be"
    places.leave(HUGE)
    assert began(*huge, *small) == [True, True, True, True, False], "who has the least is next"


async def test_who_was_there_a_moment_ago_does_not_come_anew() -> None:
    clock = Clock()
    places = Places(1, clock)
    places.ask(SMALL, 1)
    places.leave(SMALL)
    places.ask(HUGE, 1)
    places.ask(HUGE, 1)
    clock.now = 30.0
    assert not places.ask(SMALL, 1).done()
    clock.now = 70.0
    assert places.ask(OTHER, 1).done()


async def test_places_go_by_weight() -> None:
    places = Places(8)
    for _ in range(20):
        places.ask(HUGE, 1)
    heavy = [places.ask(OTHER, 3) for _ in range(20)]
    for _ in range(5):
        places.leave(HUGE)
    assert sum(began(*heavy)) == 5, "until they have three times as many"


async def test_who_gives_up_leaves_no_place_taken() -> None:
    places = Places(1)

    async def work() -> None:
        async with places.place(HUGE, 1):
            await asyncio.sleep(60)

    tasks = [asyncio.create_task(work()) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks[:2]:
        task.cancel()
    await asyncio.gather(*tasks[:2], return_exceptions=True)
    async with AsyncExitStack() as stack:
        tasks[2].cancel()
        await asyncio.gather(tasks[2], return_exceptions=True)
        async with asyncio.timeout(1):
            await stack.enter_async_context(places.place(HUGE, 1))
