"""An analyzer's memory under the largest pictures that come often: bounded in bytes, whatever the counts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.vision import Behaviour
from tests.faults.memory import peak_mb
from tests.integration.analyzer_world import SLICE, World, a_world, analyzer_process

_ROWS = 640
_BYTES = 5_000_000


@pytest.fixture
async def world(
    database_url: str, redis_url: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[World]:
    behaviour = Behaviour(delay=0.5, jitter=0.2)
    async with a_world(database_url, redis_url, kafka, topic_prefix, tmp_path, behaviour) as made:
        yield made


async def test_a_hundred_downloads_and_25_calls_of_large_pictures_stay_under_300_mb(world: World) -> None:
    batch = await world.batch()
    urls = [f"{url}?size={_BYTES}" for url in world.urls(range(_ROWS))]
    changes = {"MAX_CONCURRENT_WORKERS": "100", "MAX_CONCURRENT_REQUESTS": "25"}
    async with analyzer_process(world, **changes) as analyzer:
        await world.dispatch(batch, urls)
        while not world.results:
            await asyncio.sleep(0.1)
        await world.finished(batch, _ROWS // SLICE, 300)
        peak = peak_mb(analyzer.pid)
    assert sum(event.success for event in world.results) == _ROWS
    print(f"peak {peak:.0f} MB, {world.vision.journal.stats().most_in_flight} calls at once")
    assert peak < 300
