"""The blob store: a local folder, S3 or GCS behind one URL."""

import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from shared.logs import log


def open_store(url: str, create: bool = False) -> ObjectStore:
    """`file:///folder`, `s3://bucket/prefix` or `gs://bucket/prefix`.

    A folder that is not there is made where `create` says so: by who writes. A reader would take the
    empty one for the store, and all files for gone. Raises NotADirectoryError.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        elif not folder.is_dir():
            raise NotADirectoryError(f"BLOB_URL: there is no folder {folder}, or it is not mounted")
        return LocalStore(prefix=folder)
    return from_url(url)


def remove_folder(store: ObjectStore, folder: str) -> bool:
    """With all files in it. A local store doesn't list a file that was not finished, so its folder goes; in a
    bucket the parts of a cut upload are seen and deleted by the bucket's own lifecycle rule only. False, with
    a line in the log, where something of it stays: it is to be tried again. Raises obstore's errors."""
    if isinstance(store, LocalStore):
        return _remove_locally(Path(store.prefix or "/", folder))
    for some in obstore.list(store, f"{folder}/"):
        store.delete([meta["path"] for meta in some])
    return True


def _remove_locally(folder: Path) -> bool:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:  # it, or a file that another removed at the same time
        return not folder.exists()
    except OSError as error:
        log.warning("files are not removed", folder=str(folder), error=type(error).__name__)
        return False
    return True


def remove_file(store: ObjectStore, path: str) -> None:
    """If it is there, finished or not: a local store writes what is not finished beside it, as NAME#1."""
    if isinstance(store, LocalStore):
        whole = Path(store.prefix or "/", path)
        for file in (whole, *whole.parent.glob(f"{whole.name}#*")):
            with suppress(FileNotFoundError, NotADirectoryError):
                file.unlink()
        return
    with suppress(FileNotFoundError):
        store.delete(path)
