"""What may be uploaded, made into one file that can be sent again from its beginning."""

from __future__ import annotations

import csv
import gzip
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, BinaryIO, cast

from image_analyzer.core import Part

# A path, the file's bytes, an open file, or image URLs.
Source = str | os.PathLike[str] | bytes | BinaryIO | Iterable[str]
OnBytes = Callable[[int, int], None]
_IN_MEMORY = 8 << 20
_PACKED = (".gz", ".xlsx")
_NAME = "upload.csv"


class Upload:
    """A source on its way. `open` may take a while for what is not a file yet, and raises OSError for a file
    that can't be read."""

    def __init__(self, source: Source, compress: bool, on_bytes: OnBytes | None) -> None:
        self._source = source
        self._on_bytes = on_bytes
        self._compress = compress
        self._name = _NAME
        self._content: IO[bytes] | None = None

    def open(self) -> None:
        self._name, self._content = _file_of(self._source)
        if self._compress and not self._name.lower().endswith(_PACKED):
            with self._content as plain:
                self._name, self._content = f"{self._name}.gz", _compressed(plain)

    def part(self) -> Part:
        content = cast(BinaryIO, self._content)
        if self._on_bytes:
            content = cast(BinaryIO, _Counted(content, self._on_bytes))
        return Part(self._name, content)

    def close(self) -> None:
        if self._content is not None:
            self._content.close()


def _file_of(source: Source) -> tuple[str, IO[bytes]]:
    if isinstance(source, bytes):
        return _NAME, io.BytesIO(source)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return path.name, path.open("rb")
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        return Path(name).name if isinstance(name, str) else _NAME, _copy(cast(BinaryIO, source))
    return _NAME, _table(source)


def _spool() -> IO[bytes]:
    """A file in memory until it is large."""
    return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)


def _copy(source: BinaryIO) -> IO[bytes]:
    """Of what may be a pipe: it can be read once only. It stays its owner's to close."""
    content = _spool()
    shutil.copyfileobj(source, content)
    return content


def _table(urls: Iterable[str]) -> IO[bytes]:
    content = _spool()
    text = io.TextIOWrapper(cast(BinaryIO, content), encoding="utf-8", newline="")
    rows = csv.writer(text)
    rows.writerow(["url"])
    rows.writerows([url] for url in urls)
    text.detach()
    return content


def _compressed(content: IO[bytes]) -> IO[bytes]:
    """The same content gives the same bytes, so that an Idempotency-Key holds over two runs."""
    content.seek(0)
    packed = _spool()
    with gzip.GzipFile("", "wb", compresslevel=6, fileobj=cast(BinaryIO, packed), mtime=0) as target:
        shutil.copyfileobj(content, target)
    return packed


class _Counted:
    """A file that tells how much of it was read."""

    def __init__(self, content: BinaryIO, on_bytes: OnBytes) -> None:
        self._content = content
        self._on_bytes = on_bytes
        self._size = content.seek(0, os.SEEK_END)
        content.seek(0)

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self._on_bytes(self._content.tell(), self._size)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()
