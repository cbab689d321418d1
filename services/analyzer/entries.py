"""What the result cache keeps of an image that was paid for: the ledger's entry."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from services.analyzer.analysis import Analysis


class Entry(msgspec.Struct, frozen=True, gc=False):
    """`origin` is the row (batch/row) that the image was first called for: the same row finding it
    again after a crash is no cache hit. `seconds` is the call's time, `key` a fingerprint, `at` the Unix time
    of the answer, `cost` what was paid for it in micro-dollars, `units` for what (0 in old
    entries)."""

    origin: str
    analysis: Analysis
    key: str | None
    seconds: float
    at: float = 0.0
    cost: int = 0
    units: int = 0


class Fresh(NamedTuple):
    """What a batch with force_refresh takes: answers since then (Unix seconds), and, whatever the clocks
    say, those that it paid for itself, or a slice that comes again would pay twice (rule 2)."""

    since: float
    batch_id: UUID

    def accepts(self, entry: Entry) -> bool:
        return entry.at >= self.since or entry.origin.startswith(f"{self.batch_id}/")


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)
encode = _encoder.encode


def decode(body: bytes) -> Entry | None:
    """None for what is no entry, or one of another shape: whoever finds it treats the image as unknown."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
