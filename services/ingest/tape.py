"""A batch's normalised rows, read ahead from the blob store a piece at a time: never the whole file."""

import asyncio

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from services.ingest.cutting import DECIDING_BYTES, Cursor, Shape, Slice, cut, skip

_AHEAD_BYTES = 1 << 20
_READ_SECONDS = 30.0


class Away(Exception):
    """The blob store does not answer; the same read may succeed later."""


class Missing(Exception):
    """The blob store says that the file is not there: it is gone, or a volume is not mounted."""


async def read_range(store: ObjectStore, path: str, first: int, end: int) -> bytes:
    """Bytes `first` to before `end`. Raises Missing if the file is not there, Away if the store is not.

    In a thread: obstore's asynchronous calls can abort a process that exits soon after one.
    """
    try:
        async with asyncio.timeout(_READ_SECONDS):
            return bytes(await asyncio.to_thread(obstore.get_range, store, path, start=first, end=end))
    except FileNotFoundError as error:
        raise Missing(path) from error
    except (BaseError, OSError, TimeoutError) as error:
        raise Away(type(error).__name__) from error


async def size_of(store: ObjectStore, path: str) -> int:
    """Bytes. Raises Missing if the file is not there, Away if the store is not."""
    try:
        async with asyncio.timeout(_READ_SECONDS):
            meta = await asyncio.to_thread(obstore.head, store, path)
    except FileNotFoundError as error:
        raise Missing(path) from error
    except (BaseError, OSError, TimeoutError) as error:
        raise Away(type(error).__name__) from error
    return meta["size"]


class Tape:
    """Gives the slices from a cursor on. At most about 2 MiB are held, however long the file is."""

    def __init__(self, store: ObjectStore, path: str, shape: Shape, cursor: Cursor) -> None:
        self._store = store
        self._path = path
        self._shape = shape
        self.cursor = cursor
        self._block = b""
        self._block_at = cursor.byte
        self._size: int | None = None
        self._reading: asyncio.Task[bytes] | None = None

    @property
    def rows_left(self) -> int:
        return self._shape.total_rows + 1 - self.cursor.row

    @property
    def next_rows(self) -> int:
        """Of the next slice at most."""
        return self._shape.most_rows(self.cursor.row)

    def take(self) -> tuple[Slice, bytes] | None:
        """The next slice with its bytes; None until more was read (see `read_ahead`). Raises Unreadable."""
        if self._size is None or self.rows_left < 1:
            return None
        start = self.cursor.byte - self._block_at
        piece = cut(self._block, start, self.cursor, self._shape, self._at_end)
        if piece is None:
            return None
        self.cursor = piece.after
        return piece, self._block[start : start + piece.end_byte - piece.first_byte]

    async def skip_to(self, row: int) -> bool:
        """Towards the line of `row` by what one read gives, about 1 MiB. True once it is there."""
        if self.cursor.row < row:
            await self.read_ahead()
            start = self.cursor.byte - self._block_at
            self.cursor = skip(self._block, start, self.cursor, row, self._shape, self._at_end)
        return self.cursor.row >= row

    def finish(self) -> None:
        """No more slices are wanted."""
        self.cursor = Cursor(self._shape.total_rows + 1, self.cursor.byte)

    async def read_ahead(self) -> None:
        """Waits for bytes only when there are too few for the next slice. Raises Missing or Away."""
        if self.rows_left < 1:
            return
        if self._reading is not None and (self._reading.done() or self._unread < DECIDING_BYTES):
            await self._turn_over(self._reading)
        if self._reading is None and self._unread < _AHEAD_BYTES and not self._at_end:
            self._reading = asyncio.create_task(self._read())
            if self._unread < DECIDING_BYTES:
                await self._turn_over(self._reading)

    def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    @property
    def _unread(self) -> int:
        return self._block_at + len(self._block) - self.cursor.byte

    @property
    def _at_end(self) -> bool:
        return self._size is not None and self._block_at + len(self._block) >= self._size

    async def _read(self) -> bytes:
        first = self._block_at + len(self._block)
        if self._size is None:
            self._size = await size_of(self._store, self._path)
        end = min(first + _AHEAD_BYTES, self._size)
        return await read_range(self._store, self._path, first, end) if first < end else b""

    async def _turn_over(self, reading: asyncio.Task[bytes]) -> None:
        """The bytes of slices that were taken go, those that were read come."""
        self._reading = None
        more = await reading
        self._block = self._block[self.cursor.byte - self._block_at :] + more
        self._block_at = self.cursor.byte
