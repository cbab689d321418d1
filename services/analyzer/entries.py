"""What the result cache keeps of an image that was paid for: the ledger's entry."""

import msgspec

from services.analyzer.analysis import Analysis


class Entry(msgspec.Struct, frozen=True, gc=False):
    """`origin` is the row (batch/row) that the image was first called for: the same row finding it
    again after a crash is no cache hit. `seconds` is the call's time, `key` a fingerprint."""

    origin: str
    analysis: Analysis
    key: str | None
    seconds: float


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)
encode = _encoder.encode


def decode(body: bytes) -> Entry | None:
    """None for what is no entry, or one of another shape: whoever finds it treats the image as unknown."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
