"""What the provider does not take is called for as a JPEG, and known by what its address gave."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from blake3 import blake3

from services.analyzer.cache import Claim
from services.analyzer.conversion import Converter
from services.analyzer.download import Picture
from services.analyzer.images import Images
from services.analyzer.memory import Portion
from services.analyzer.pending import Failed, PendingImage, Wanted
from services.analyzer.sniff import USUAL
from shared.error_classes import ErrorClass
from tests.integration.analyzer_parts import entry
from tests.unit.test_conversion import HEIC


class World:
    """Downloads, cache and calls of one process: every claim succeeds, every call is answered at once."""

    def __init__(self) -> None:
        self.called: list[PendingImage] = []
        self.held: set[str] = set()
        self.images: Images
        self.fetched_for: list[UUID] = []

    async def fetch(self, url: str, portion: Portion) -> Picture:
        self.fetched_for = [one.batch_id for one in self.images.fetching()]
        content = HEIC if url.endswith("whole") else HEIC[:200]
        await portion.take(len(content))
        return Picture(content)

    async def claim(self, url: str, content_hash: str, fresh: object) -> Claim:
        return Claim.MINE

    async def give_up(self, hashes: list[str]) -> None:
        self.held.difference_update(hashes)

    def put(self, image: PendingImage) -> None:
        self.called.append(image)
        self.held.discard(image.content_hash)
        image.end(entry("red"))


async def test_rows_of_one_picture_share_its_conversion_and_one_that_is_damaged_fails() -> None:
    world, converter = World(), Converter(workers=1)
    parts: Any = world
    images = world.images = Images(parts, converter, parts, parts, USUAL)

    async def get(url: str) -> str:
        found = await images.get(Wanted(url, UUID(int=1), 1, 1, "batch/1"))
        return found.analysis.text

    try:
        assert await asyncio.gather(*(get(f"http://{host}/whole") for host in "ab")) == ["red", "red"]
        [image] = world.called
        assert image.content.startswith(b"\xff\xd8\xff")
        assert image.content_hash == blake3(HEIC).hexdigest()
        with pytest.raises(Failed) as damaged:
            await get("http://a/half")
        assert damaged.value.error_class is ErrorClass.PROVIDER_IMAGE
        assert world.held == set()
        assert (world.fetched_for, images.fetching()) == ([UUID(int=1)], [])
        assert images._memory.taken == 0
    finally:
        await converter.close()
