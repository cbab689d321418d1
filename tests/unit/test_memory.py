"""Pictures in hand stay within their memory, however many rows want one and however large they are."""

import asyncio
import random

import pytest

from services.analyzer.memory import Memory

MB = 1_000_000


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(20))
async def test_the_bound_is_never_passed_and_everyone_has_a_turn(seed: int) -> None:
    rng, memory, most = random.Random(seed), Memory(30 * MB), 0

    async def picture(size: int) -> None:
        nonlocal most
        with memory.portion() as portion:
            await portion.take(MB)
            await asyncio.sleep(0)
            if not portion.grow(size):
                await portion.take(size)
            most = max(most, memory.taken)
            await asyncio.sleep(0)
            portion.become(size // 2)
            await asyncio.sleep(0)

    pictures = [asyncio.create_task(picture(rng.randint(1, 20 * MB))) for _ in range(100)]
    await settle()
    for task in rng.sample(pictures, 30):
        task.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(*pictures, return_exceptions=True)
    assert 10 * MB < most <= 30 * MB
    assert memory.taken == 0


async def test_a_large_picture_is_not_overtaken_by_small_ones() -> None:
    memory, order = Memory(10 * MB), list[str]()

    async def picture(name: str, size: int) -> None:
        with memory.portion() as portion:
            await portion.take(size)
            order.append(name)
            await asyncio.sleep(0)

    with memory.portion() as first:
        await first.take(5 * MB)
        tasks = [asyncio.create_task(picture(*one)) for one in (("large", 8 * MB), ("small", MB))]
        await settle()
        assert order == []
        assert not first.grow(6 * MB), "others wait for what is left"
    await asyncio.gather(*tasks)
    assert order == ["large", "small"]


async def test_what_waits_holds_nothing_and_what_is_given_up_makes_room() -> None:
    memory, one_more = Memory(10 * MB), list[int]()

    async def picture() -> None:
        with memory.portion() as portion:
            await portion.take(MB)
            one_more.append(1)
            await asyncio.sleep(0)
            await portion.take(10 * MB)
            await asyncio.Event().wait()

    first, second = asyncio.create_task(picture()), asyncio.create_task(picture())
    await settle()
    assert (len(one_more), memory.taken) == (2, 10 * MB)
    second.cancel()
    await settle()
    assert memory.taken == 10 * MB
    third = asyncio.create_task(picture())
    await settle()
    assert len(one_more) == 2
    first.cancel()
    await settle()
    assert (len(one_more), memory.taken) == (3, 10 * MB)
    third.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert memory.taken == 0


async def test_a_picture_larger_than_all_memory_goes_alone() -> None:
    memory = Memory(1)
    with memory.portion() as portion:
        await portion.take(MB)
        assert memory.taken == MB
