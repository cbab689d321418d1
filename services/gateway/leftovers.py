"""What lies in the blob store for a batch, whether or not there is one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import obstore
from obstore.store import LocalStore, ObjectStore

from shared.blobs import remove_folder

_FOLDER = "batches"
_NEVER = datetime.min.replace(tzinfo=UTC)


class Leftover(NamedTuple):
    """`newest` is when anything of it was last written. An empty one is a folder without a file."""

    batch_id: UUID
    newest: datetime
    empty: bool


def batches_in(store: ObjectStore) -> list[UUID]:
    """Of everything in the store that is called like a batch."""
    prefixes = obstore.list_with_delimiter(store, f"{_FOLDER}/")["common_prefixes"]
    return list(_uuids(prefix.rpartition("/")[2] for prefix in prefixes))


def look(store: ObjectStore, batch_id: UUID) -> Leftover:
    """A local store doesn't list a file that was not finished, so its folder is looked at. In a bucket the
    parts of an upload that was cut off are seen and deleted by the bucket's own lifecycle rule only."""
    if isinstance(store, LocalStore):
        folder = _folder(store, batch_id)
        files = list(folder.iterdir())
        newest = max(path.stat().st_mtime for path in (folder, *files))
        return Leftover(batch_id, datetime.fromtimestamp(newest, UTC), not files)
    found = [meta for some in obstore.list(store, f"{_FOLDER}/{batch_id}/") for meta in some]
    return Leftover(batch_id, max((meta["last_modified"] for meta in found), default=_NEVER), not found)


def remove(store: ObjectStore, batch_id: UUID) -> bool:
    """False where something of it stays."""
    return remove_folder(store, f"{_FOLDER}/{batch_id}")


def _folder(store: LocalStore, batch_id: UUID) -> Path:
    return Path(store.prefix or "/", _FOLDER, str(batch_id))


def _uuids(names: Iterator[str]) -> Iterator[UUID]:
    for name in names:
        try:
            yield UUID(name)
        except ValueError:
            continue
