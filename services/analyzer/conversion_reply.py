"""What the conversion worker says."""

import msgspec

MAX_JPEG_BYTES = 4_000_000
"""At most: two of them fit into a call."""


class Reply(msgspec.Struct, frozen=True):
    """Of one picture, exactly one of the two; `failure` in a sentence."""

    jpeg: bytes = b""
    failure: str = ""
