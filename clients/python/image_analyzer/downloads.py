"""A download into a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO

OnBytes = Callable[[int], None]


class AtomicFile:
    """Written beside its place under another name, moved there by `commit`. `discard` after it does nothing.

    Raises OSError when the folder can't be written.
    """

    def __init__(self, path: Path, on_bytes: OnBytes | None = None) -> None:
        self._path = path
        self._on_bytes = on_bytes
        self._temporary: Path | None = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
        self._file: IO[bytes] = self._temporary.open("xb")
        self.size = 0

    def begin(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self.size = 0

    def take(self, piece: bytes) -> bool:
        self._file.write(piece)
        self.size += len(piece)
        if self._on_bytes:
            self._on_bytes(self.size)
        return True

    def commit(self) -> None:
        assert self._temporary is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._path)
        self._temporary = None

    def discard(self) -> None:
        self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)


class OpenFile:
    """Straight into a file that is open, such as standard output: it can't be taken back, so it begins once.

    Raises Interrupted when a second reply begins after bytes of a first one were written.
    """

    def __init__(self, target: BinaryIO, on_bytes: OnBytes | None = None) -> None:
        self._target = target
        self._on_bytes = on_bytes
        self.size = 0

    def begin(self) -> None:
        if self.size:
            raise Interrupted("The download broke off. What was written so far is not whole.")

    def take(self, piece: bytes) -> bool:
        self._target.write(piece)
        self.size += len(piece)
        if self._on_bytes:
            self._on_bytes(self.size)
        return True

    def commit(self) -> None:
        self._target.flush()

    def discard(self) -> None:
        """What is out is out."""


class Interrupted(OSError):
    """A download that can't begin again broke off."""
