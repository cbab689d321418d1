"""Pictures in hand stay within their memory, however many rows want one."""

import asyncio

from services.analyzer.memory import Memory

MB = 1_000_000


async def test_no_download_begins_while_the_memory_is_full() -> None:
    memory, most, done = Memory(10 * MB), 0, asyncio.Event()

    async def picture() -> None:
        nonlocal most
        async with memory.share() as take:
            await asyncio.sleep(0)
            take(2 * MB)
            most = max(most, memory.taken)
            await done.wait()

    pictures = [asyncio.create_task(picture()) for _ in range(40)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert 10 * MB <= most <= 20 * MB, "at most twice as large as expected"
    done.set()
    async with asyncio.timeout(5):
        await asyncio.gather(*pictures)
    assert memory.taken == 0


async def test_what_is_given_up_makes_room() -> None:
    memory, entered = Memory(1), list[int]()

    async def picture(number: int) -> None:
        async with memory.share():
            entered.append(number)
            await asyncio.Event().wait()

    first, second, third = (asyncio.create_task(picture(n)) for n in range(3))
    for _ in range(5):
        await asyncio.sleep(0)
    assert entered == [0]
    second.cancel()
    first.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert entered == [0, 2]
    third.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert memory.taken == 0
