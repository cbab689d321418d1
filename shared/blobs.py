"""The blob store: a local folder, S3 or GCS behind one URL."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore, ObjectStore, from_url


def open_store(url: str) -> ObjectStore:
    """`file:///folder`, `s3://bucket/prefix` or `gs://bucket/prefix`; a missing folder is made."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(prefix=folder)
    return from_url(url)
