"""How many calls an analyzer makes at a time."""

import pytest

from services.analyzer.main import calls_at_once
from services.analyzer.providers.google import GoogleProvider
from services.analyzer.providers.local import LocalProvider
from services.analyzer.settings import AnalyzerSettings
from shared.settings import read

NEEDED = {"DATABASE_URL": "d", "REDIS_URL": "r", "KAFKA_BOOTSTRAP_SERVERS": "k"}


@pytest.mark.parametrize(("requests", "here", "elsewhere"), [(25, 3, 25), (2, 2, 2)])
async def test_no_more_than_the_provider_can_use(requests: int, here: int, elsewhere: int) -> None:
    """Two local readers with 25 calls would read 23 pictures of a batch that was paused."""
    settings = read(AnalyzerSettings, NEEDED | {"MAX_CONCURRENT_REQUESTS": str(requests)})
    google = GoogleProvider("127.0.0.1:1")
    assert calls_at_once(LocalProvider(workers=2), settings) == here
    assert calls_at_once(google, settings) == elsewhere
    await google.close()
