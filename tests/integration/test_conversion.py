"""The processes that make pictures smaller: bounded, ended when they hang, missed by nobody when they die."""

import asyncio
import signal
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio

from services.analyzer.conversion import Converter
from services.analyzer.dimensions import size_of
from services.analyzer.pending import Failed
from shared.error_classes import ErrorClass
from shared.worker import Worker
from tests.unit.test_conversion import HEIC


def workers() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "conversion_worker" in " ".join(one.cmdline())]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def converter() -> AsyncIterator[Converter]:
    converter = Converter(workers=1, seconds=5)
    yield converter
    await converter.close()
    assert workers() == []


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_one_process_makes_many_and_says_what_it_can_t(converter: Converter) -> None:
    assert workers() == [], "none is started before it is needed"
    made = await asyncio.gather(*(converter.jpeg_of(HEIC) for _ in range(5)))
    assert {size_of(jpeg) for jpeg in made} == {(64, 48)}
    assert len(workers()) == 1
    with pytest.raises(Failed, match="not a picture") as damaged:
        await converter.jpeg_of(HEIC[:100])
    assert damaged.value.error_class is ErrorClass.PROVIDER_IMAGE
    assert size_of(await converter.jpeg_of(HEIC)) == (64, 48)


async def test_a_process_that_dies_is_replaced_and_its_picture_made_by_the_next(converter: Converter) -> None:
    await converter.jpeg_of(HEIC)
    [worker] = workers()
    worker.suspend()
    made = asyncio.create_task(converter.jpeg_of(HEIC))
    await asyncio.sleep(0)
    worker.send_signal(signal.SIGKILL)
    assert size_of(await made) == (64, 48)
    assert [one.pid for one in workers()] != [worker.pid]


async def test_a_process_that_grew_too_large_is_ended_after_its_answer() -> None:
    before = workers()
    worker = Worker("services.analyzer.conversion_worker", most_bytes=1)
    for _ in range(2):
        assert await worker.ask(HEIC, 20)
        assert workers() == before


async def test_a_process_that_hangs_is_ended_in_time(
    converter: Converter, monkeypatch: pytest.MonkeyPatch
) -> None:
    await converter.jpeg_of(HEIC)
    monkeypatch.setattr(converter, "_seconds", 0.1)
    monkeypatch.setattr("services.analyzer.conversion._TRIES", 1)
    [worker] = workers()
    worker.suspend()
    with pytest.raises(Failed) as hung:
        await converter.jpeg_of(HEIC)
    assert hung.value.error_class is ErrorClass.CRASHED
    assert workers() == []
