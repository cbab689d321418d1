"""Blobs without a batch are deleted when they are old; nothing else is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import obstore
import pytest
from obstore.store import LocalStore, MemoryStore, ObjectStore

from services.gateway.leftovers import Leftover
from services.gateway.sweep import Sweep, doomed_of
from services.gateway.upload import paths_of

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)


class Pool:
    """Answers as sql/batches_known.sql does."""

    def __init__(self, *known: UUID) -> None:
        self._known = known

    async def fetchval(self, _statement: str, listed: list[UUID]) -> list[UUID]:
        return [batch_id for batch_id in listed if batch_id in self._known]


def put(store: ObjectStore, batch_id: UUID) -> None:
    for path in paths_of(batch_id):
        store.put(path, b"x")


def left(store: ObjectStore) -> set[str]:
    return {meta["path"].split("/")[1] for some in obstore.list(store) for meta in some}


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return MemoryStore() if request.param == "memory" else LocalStore(prefix=tmp_path)


async def sweep(store: ObjectStore, before: datetime, *known: UUID) -> None:
    pool: Any = Pool(*known)
    await Sweep(pool, store).sweep(before)


async def test_only_what_is_old_and_has_no_batch_is_deleted(store: ObjectStore) -> None:
    await sweep(store, LATER)
    mine, orphan = uuid4(), uuid4()
    put(store, mine)
    put(store, orphan)
    store.put("batches/not-a-batch/file", b"x")
    await sweep(store, NOW - timedelta(hours=1), mine)
    assert left(store) == {str(mine), str(orphan), "not-a-batch"}
    await sweep(store, LATER, mine)
    assert left(store) == {str(mine), "not-a-batch"}


async def test_a_cut_off_file_and_an_empty_folder_go_too(tmp_path: Path) -> None:
    store = LocalStore(prefix=tmp_path)
    mine, cut, empty = uuid4(), uuid4(), uuid4()
    put(store, mine)
    for batch_id in (cut, empty):
        (tmp_path / "batches" / str(batch_id)).mkdir()
    # As a kill in the middle of an upload leaves it.
    (tmp_path / "batches" / str(cut) / "upload#1").write_bytes(b"x")
    await sweep(store, LATER, mine)
    assert [path.name for path in (tmp_path / "batches").iterdir()] == [str(mine)]


def test_another_database_deletes_nothing() -> None:
    found = [Leftover(uuid4(), NOW, empty=False) for _ in range(3)]
    assert doomed_of(found, 2, LATER) == []
    assert len(doomed_of(found, 3, LATER)) == 3
    assert len(doomed_of([one._replace(empty=True) for one in found], 0, LATER)) == 3
