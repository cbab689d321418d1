"""A reader that is too slow is left; a slow start or a slow server is no fault of the reader's."""

import asyncio

import pytest

from services.exporter.export.pace import Pace


async def read(pace: Pace, times: int, size: int) -> None:
    for _ in range(times):
        async with pace.of(size):
            await asyncio.sleep(0.02)


async def test_a_silent_reader_is_left_when_its_credit_is_spent() -> None:
    pace = Pace(seconds=0.05)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10), pace.of(1):
            await asyncio.Event().wait()


async def test_a_reader_that_drips_is_left_though_each_write_ends() -> None:
    with pytest.raises(TimeoutError):
        await read(Pace(seconds=0.2), times=100, size=1)


async def test_a_reader_at_the_least_rate_goes_on_and_earns_no_more_than_the_most() -> None:
    pace = Pace(seconds=0.2)
    await read(pace, times=30, size=4_096)
    with pytest.raises(TimeoutError):
        async with pace.of(1 << 30):
            await asyncio.sleep(5)
