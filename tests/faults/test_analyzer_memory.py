"""An analyzer's memory under the largest pictures that come often: bounded in bytes, whatever the counts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.fakes import gemini
from tests.fakes.vision import Behaviour
from tests.faults.memory import peak_mb
from tests.integration.analyzer_world import SLICE, World, a_world, analyzer_process

_BYTES = 5_000_000


@pytest.fixture
async def world(
    database_url: str, redis_url: str, kafka: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[World]:
    behaviour = Behaviour(delay=0.5, jitter=0.2)
    async with a_world(database_url, redis_url, kafka, topic_prefix, tmp_path, behaviour) as made:
        yield made


@pytest.mark.parametrize(("provider", "rows"), [("google", 640), ("gemini", 128)])
async def test_a_hundred_downloads_and_25_calls_of_large_pictures_stay_under_300_mb(
    world: World, provider: str, rows: int
) -> None:
    batch = await world.batch()
    urls = [f"{url}?size={_BYTES}" for url in world.urls(range(rows))]
    changes = {"MAX_CONCURRENT_WORKERS": "100", "MAX_CONCURRENT_REQUESTS": "25", "PROVIDER": provider}
    async with gemini.serve(gemini.Behaviour(delay=0.5)) as fake:
        its = {"GEMINI_API_KEYS": "group:key-1", "GEMINI_ENDPOINT": fake.url}
        peak = await _peak(world, batch, urls, changes | its)
        journal = fake.journal if provider == "gemini" else world.vision.journal
    assert sum(event.success for event in world.results) == rows
    print(f"{provider}: peak {peak:.0f} MB, {journal.stats().most_in_flight} calls at once")
    assert peak < 300


async def _peak(world: World, batch: UUID, urls: list[str], changes: dict[str, str]) -> float:
    async with analyzer_process(world, **changes) as analyzer:
        await world.dispatch(batch, urls)
        while not world.results:
            await asyncio.sleep(0.1)
        await world.finished(batch, len(urls) // SLICE, 300)
        return peak_mb(analyzer.pid)
