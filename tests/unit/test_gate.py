"""A suspicious slice runs alone, and the others go on after it."""

import asyncio

from services.analyzer.gate import Gate


async def test_one_alone_waits_for_those_inside_and_holds_up_those_after() -> None:
    gate, log = Gate(), list[str]()
    leave = asyncio.Event()

    async def first() -> None:
        async with gate.beside():
            log.append("first in")
            await leave.wait()
            log.append("first out")

    async def alone() -> None:
        async with gate.alone():
            log.append("alone in")
            await asyncio.sleep(0)
            log.append("alone out")

    async def after() -> None:
        async with gate.beside():
            log.append("after")

    tasks = [asyncio.create_task(one()) for one in (first, alone, after)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert log == ["first in"]
    leave.set()
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)
    assert log == ["first in", "first out", "alone in", "alone out", "after"]


async def test_two_suspicious_ones_do_not_meet() -> None:
    gate, inside, most = Gate(), 0, 0

    async def alone() -> None:
        nonlocal inside, most
        async with gate.alone():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async with asyncio.timeout(5):
        await asyncio.gather(*(alone() for _ in range(5)))
    assert most == 1


async def test_one_that_gives_up_waiting_lets_the_others_in() -> None:
    gate, leave = Gate(), asyncio.Event()

    async def inside() -> None:
        async with gate.beside():
            await leave.wait()

    async def alone() -> None:
        async with gate.alone():
            pass

    holder = asyncio.create_task(inside())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(alone())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5), gate.beside():
        leave.set()
    await holder
