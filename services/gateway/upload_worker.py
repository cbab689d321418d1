"""The process that reads uploads: `python -m services.gateway.upload_worker`, started by `upload_bench.py`.

Not a thread: one that parses holds the interpreter's lock, also while the kernel lets others run, and then
every reply of the gateway waits for it."""

import os
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

import msgspec
import obstore
from obstore.store import ObjectStore

from services.gateway.reading import Normaliser, Summary, UnreadableUpload
from shared.blobs import open_store
from shared.frames import serve

if TYPE_CHECKING:
    from obstore import WritableFile

# S3's least part of a multipart upload; two in flight are as fast here as the default twelve.
_PART = 5 << 20
_PARTS_AT_ONCE = 2
# Replies go before uploads where both want a core.
_NICE = 10


class Begin(msgspec.Struct, tag=True):
    """Blobs are written to `paths` (the bytes as they come, the normalised rows) of the store at `url`."""

    upload: str
    url: str
    paths: tuple[str, str]
    filename: str


class Step(msgspec.Struct, tag=True):
    """`feed` takes the next block; `finish` tells the Summary; `close` lets go of the upload, at any time."""

    upload: str
    kind: Literal["feed", "finish", "close"]
    block: bytes = b""


class Told(msgspec.Struct):
    """`unreadable`: why it can't be a batch. `lost`: this process does not know the upload, it was started
    after it. `broken`: what it stumbled over."""

    summary: Summary | None = None
    unreadable: str = ""
    lost: bool = False
    broken: str = ""


class Reading:
    """One upload: its bytes go to the store and through the reader in the same pass, in constant memory."""

    def __init__(self, begin: Begin) -> None:
        store = open_store(begin.url)
        self._raw, self._rows = (_writer(store, path) for path in begin.paths)
        self._normaliser = Normaliser(self._write_rows, begin.filename or "upload.csv")

    def feed(self, block: bytes) -> None:
        self._raw.write(block)
        self._normaliser.feed(block)

    def finish(self) -> Summary:
        """The blobs are whole afterwards."""
        summary = self._normaliser.finish()
        self.close()
        return summary

    def close(self) -> None:
        """A multipart upload that stays open would be paid for and never listed."""
        self._normaliser.close()
        for writer in (self._raw, self._rows):
            if not writer.closed():
                writer.close()

    def _write_rows(self, rows: bytes) -> None:
        self._rows.write(rows)


class Readings:
    """The uploads that this process has in hand."""

    def __init__(self) -> None:
        self._all: dict[str, Reading] = {}
        self._decoder = msgspec.msgpack.Decoder(Begin | Step)

    def answer(self, content: bytes) -> bytes:
        return msgspec.msgpack.encode(self._told(self._decoder.decode(content)))

    def _told(self, asked: Begin | Step) -> Told:
        try:
            if isinstance(asked, Begin):
                self._all[asked.upload] = Reading(asked)
                return Told()
            return self._step(asked)
        except UnreadableUpload as error:
            return Told(unreadable=error.reason)
        except Exception as error:  # noqa: BLE001  # the end of this upload's part: the gateway says so
            where = "".join(traceback.format_tb(error.__traceback__)[-2:])
            return Told(broken=f"{type(error).__name__} at {where}")

    def _step(self, step: Step) -> Told:
        if step.kind == "close":
            with suppress(KeyError):
                self._all.pop(step.upload).close()
            return Told()
        if step.upload not in self._all:
            return Told(lost=True)
        reading = self._all[step.upload]
        if step.kind == "finish":
            return Told(reading.finish())
        reading.feed(step.block)
        return Told()


def _writer(store: ObjectStore, path: str) -> "WritableFile":
    return obstore.open_writer(store, path, buffer_size=_PART, max_concurrency=_PARTS_AT_ONCE)


def main() -> None:
    os.nice(_NICE)
    serve(lambda: Readings().answer)


if __name__ == "__main__":
    main()
