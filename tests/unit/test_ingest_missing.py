"""A file that the blob store does not find: a volume may not be mounted, so it is waited for."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.ingest.batch import Batch, Facts
from services.ingest.main import open_blobs
from services.ingest.open_slices import OpenSlices
from services.ingest.tape import Missing, read_range, size_of
from services.ingest.timing import Timing
from shared.blobs import open_store
from shared.stopping import Stop

TIMING = Timing()


def batch() -> Batch:
    tape: Any = None
    return Batch(Facts(uuid4(), 1, 1, 2_000, 100, (), "US", "rows.jsonl"), tape, OpenSlices())


def test_a_file_is_gone_only_when_it_was_missing_for_long() -> None:
    one = batch()
    assert [one.gone(now, TIMING) for now in (1_000.0, 1_299.0, 1_300.0)] == [False, False, True]


def test_a_file_that_came_back_begins_its_patience_again() -> None:
    one = batch()
    assert not one.gone(1_000.0, TIMING)
    one.found()
    assert not one.gone(2_000.0, TIMING)


async def test_what_the_store_does_not_find_is_missing_not_unreadable(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    with pytest.raises(Missing):
        await size_of(store, "rows.jsonl")
    with pytest.raises(Missing):
        await read_range(store, "rows.jsonl", 0, 1)


def test_only_who_writes_makes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "blobs"
    with pytest.raises(NotADirectoryError, match="not mounted"):
        open_store(folder.as_uri())
    assert not folder.exists()
    open_store(folder.as_uri(), create=True)
    open_store(folder.as_uri())


async def test_ingest_waits_for_the_folder_that_the_gateway_makes(tmp_path: Path) -> None:
    url = (tmp_path / "blobs").as_uri()
    opening = asyncio.create_task(open_blobs(url, Stop()))
    await asyncio.sleep(0)
    assert not opening.done()
    open_store(url, create=True)
    await asyncio.wait_for(opening, 5)
    (tmp_path / "blobs").rmdir()
    stop = Stop()
    stop.ask()
    with pytest.raises(NotADirectoryError):
        await open_blobs(url, stop)
