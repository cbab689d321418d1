"""What the bytes of an upload are (by their content, not their name), and how to unpack them."""

import zlib
from collections.abc import Iterator
from enum import Enum
from typing import Protocol

from services.gateway.reading.errors import UnreadableUpload

PIECE = 1 << 20
SIGNATURE_BYTES = 64

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
_SIGNATURES = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"RIFF": "a RIFF file (a WebP picture, sound or video)",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file (.xls, .doc)",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"<!DOCTYPE": "a web page",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML document",
}


class Kind(Enum):
    TEXT = "text"
    GZIP = "gzip"
    WORKBOOK = "workbook"


class Unpacker(Protocol):
    def feed(self, block: bytes) -> Iterator[bytes]: ...
    def finish(self) -> None: ...


def kind_of(head: bytes) -> Kind:
    """The kind of an upload by its first `SIGNATURE_BYTES`; raises UnreadableUpload for what is no table."""
    if head.startswith(b"\x1f\x8b"):
        return Kind.GZIP
    if head.startswith(b"PK\x03\x04"):
        return Kind.WORKBOOK
    for signature, name in _SIGNATURES.items():
        if head.startswith(signature):
            raise UnreadableUpload(
                f"The file is {name}, not a table. Send a CSV file with a column of addresses."
            )
    return Kind.TEXT


def refuse_binary(text_head: bytes) -> None:
    """Raise if the head of a text is none: one stray control character is nothing, one in 20 is."""
    controls = len(text_head) - len(text_head.translate(None, _CONTROLS))
    if controls > 8 and controls * 20 > len(text_head):
        raise UnreadableUpload(
            "The file is binary data, not text. Send a CSV file (UTF-8 is best) with a column of addresses."
        )


class Plain:
    """Passes blocks on."""

    def feed(self, block: bytes) -> Iterator[bytes]:
        yield block

    def finish(self) -> None:
        pass


class Gunzip:
    """Unpacks gzip, also of several members, in pieces of at most 1 MiB."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._begun = False

    def feed(self, block: bytes) -> Iterator[bytes]:
        pending = True
        while block or pending:
            if self._member.eof:
                self._member, self._begun = zlib.decompressobj(wbits=31), False
            if not self._begun:
                # Zeros after the last member are padding of tapes and block stores, as gzip(1) allows.
                block = block.lstrip(b"\0")
            self._begun |= bool(block)
            piece = self._unpack(block)
            # A full piece may leave output inside zlib although all of its input is used up.
            pending = len(piece) == PIECE
            block = self._member.unused_data or self._member.unconsumed_tail
            yield piece

    def finish(self) -> None:
        if self._begun and not self._member.eof:
            raise UnreadableUpload(
                "The gzip file ends too early; it was cut on its way. Send it again, whole."
            )

    def _unpack(self, block: bytes) -> bytes:
        try:
            return self._member.decompress(block, PIECE)
        except zlib.error as error:
            raise UnreadableUpload(
                "The gzip file is damaged. Pack the CSV again, or send it unpacked."
            ) from error
