"""A ZIP that grows while it is read: its entries are written one after another and taken as bytes."""

import zipfile
from datetime import UTC, datetime
from typing import IO

from isal import isal_zlib

# 800 MB/s a core, and smaller than zlib's level 1 at 250 (docs/adr/0009).
_LEVEL = 2
_RAW_DEFLATE, _GZIP = -15, 31
_BLOCK = 1 << 17
# The first time that a ZIP can say.
_LONG_AGO = datetime(1980, 1, 1, tzinfo=UTC)


class Deflate:
    """What isal makes depends on how its input is cut, and pieces come as the network cut them. In blocks of
    one size the same rows are the same file."""

    def __init__(self, wbits: int) -> None:
        self._compressor = isal_zlib.compressobj(_LEVEL, wbits=wbits)
        self._rest = bytearray()

    def compress(self, piece: bytes) -> bytes:
        self._rest += piece
        whole = len(self._rest) - len(self._rest) % _BLOCK
        if not whole:
            return b""
        blocks = bytes(self._rest[:whole])
        del self._rest[:whole]
        return b"".join(self._compressor.compress(blocks[at : at + _BLOCK]) for at in range(0, whole, _BLOCK))

    def flush(self) -> bytes:
        return self._compressor.compress(bytes(self._rest)) + self._compressor.flush()


def gzip_compressor() -> Deflate:
    return Deflate(_GZIP)


class Archive:
    """After `close`, `taken` gives the directory at its end."""

    def __init__(self) -> None:
        self._written = _Written()
        self._zip = zipfile.ZipFile(self._written, "w")

    def open(self, name: str, large: bool = True, at: datetime | None = None) -> IO[bytes]:
        """Its next entry, to be closed before the one after, with the time `at`: the clock's would make every
        file another one. `large`: it may have more than 2 GiB. Excel finds fault with what is marked so."""
        info = zipfile.ZipInfo(name, (at or _LONG_AGO).timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED
        entry = self._zip.open(info, "w", force_zip64=large)
        # The standard library has no way to choose another deflate.
        entry._compressor = Deflate(_RAW_DEFLATE)  # type: ignore[attr-defined]
        return entry

    def add(self, name: str, content: bytes) -> None:
        with self.open(name, large=False) as entry:
            entry.write(content)

    def close(self) -> None:
        self._zip.close()

    def taken(self) -> bytes:
        """What was written since it was last taken."""
        return self._written.taken()


class _Written:
    """A file that can't be sought in."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, piece: bytes) -> int:
        self._bytes += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held open."""

    def taken(self) -> bytes:
        taken = bytes(self._bytes)
        self._bytes.clear()
        return taken
