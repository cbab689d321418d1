"""How large a picture says it is, read from its first bytes: nothing is decoded, so that a picture that would
take gigabytes is refused in microseconds. Pure."""

import re
import struct
from collections.abc import Iterator

MAX_PIXELS = 75_000_000
"""Vision takes no more, and a decoder needs four bytes for each."""

Size = tuple[int, int]
_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})  # tables among the markers of frames, C0 to CF
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
# A profile of 20 MB has 320. A file of nothing but markers would hold up the event loop for two seconds.
_MOST_MARKERS = 1_000
_ISPE = re.compile(rb"ispe")
_HEAD = 65_536  # where AVIF and HEIC have their sizes
_WIDTH, _HEIGHT = 256, 257  # tags of TIFF


def size_of(content: bytes) -> Size | None:
    """Width and height in pixels; None for what is not found."""
    try:
        return _size_of(content)
    except (struct.error, IndexError, OverflowError):  # the last of a place beyond 63 bits
        return None


def too_many_pixels(content: bytes) -> bool:
    size = size_of(content)
    return size is not None and size[0] * size[1] > MAX_PIXELS


def _size_of(content: bytes) -> Size | None:
    if content.startswith(b"\xff\xd8"):
        return _of_jpeg(content)
    if content.startswith(b"\x89PNG"):
        return _pair(">II", content, 16)
    if content.startswith(b"GIF8"):
        return _pair("<HH", content, 6)
    if content.startswith(b"BM"):
        return _of_bmp(content)
    if content.startswith(b"RIFF"):
        return _of_webp(content)
    if content.startswith((b"II", b"MM")):
        return _of_tiff(content)
    if content[4:8] == b"ftyp":
        return _of_heif(content)
    return None


def _pair(form: str, content: bytes, offset: int) -> Size:
    width, height = struct.unpack_from(form, content, offset)
    return int(width), int(height)


def _of_jpeg(content: bytes) -> Size | None:
    at = 2
    for _ in range(_MOST_MARKERS):
        if content[at] != 0xFF:
            break
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            height, width = _pair(">HH", content, at + 5)
            return width, height
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            at += 2 + (content[at + 2] << 8 | content[at + 3])
    return None


def _of_bmp(content: bytes) -> Size:
    if content[14] == 12:
        return _pair("<HH", content, 18)
    width, height = _pair("<ii", content, 18)
    return abs(width), abs(height)


def _of_webp(content: bytes) -> Size | None:
    kind = content[12:16]
    if kind == b"VP8X":
        number = int.from_bytes(content[24:30], "little")
        return (number & 0xFFFFFF) + 1, (number >> 24) + 1
    if kind == b"VP8L":
        number = int.from_bytes(content[21:25], "little")
        return (number & 0x3FFF) + 1, (number >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = _pair("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _of_tiff(content: bytes) -> Size | None:
    """Of the first page."""
    order = "<" if content.startswith(b"II") else ">"
    big = struct.unpack_from(f"{order}H", content, 2)[0] == 43
    start = struct.unpack_from(f"{order}{'Q' if big else 'I'}", content, 8 if big else 4)[0]
    count = struct.unpack_from(f"{order}{'Q' if big else 'H'}", content, start)[0]
    entry, first = (20, start + 8) if big else (12, start + 2)
    found: dict[int, int] = {}
    for at in range(first, first + min(count, 100) * entry, entry):
        tag, kind = struct.unpack_from(f"{order}HH", content, at)
        if tag in (_WIDTH, _HEIGHT):
            form = {3: "H", 16: "Q"}.get(kind, "I")
            found[tag] = struct.unpack_from(f"{order}{form}", content, at + (12 if big else 8))[0]
    return (found[_WIDTH], found[_HEIGHT]) if len(found) == 2 else None


def _of_heif(content: bytes) -> Size | None:
    """The largest of all that are in the file: the whole, of which others are tiles and thumbnails."""
    return max(_extents(content[:_HEAD]), key=lambda size: size[0] * size[1], default=None)


def _extents(head: bytes) -> Iterator[Size]:
    for match in _ISPE.finditer(head):
        if match.end() + 12 <= len(head):
            yield _pair(">II", head, match.end() + 4)
