"""The local provider: pictures are decoded as a person sees them, text comes in reading order."""

import io
import random
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.analyzer.decoding import UnreadableError
from services.analyzer.decoding import decode as decode_to
from services.analyzer.providers.local_reading import Found, analysis_of
from shared.frames import read_frame, write_frame


def decode(content: bytes) -> Image.Image:
    return decode_to(content, 2000)


def box(left: float, top: float, width: float, height: float, text: str = "x") -> Found:
    right, bottom = left + width, top + height
    return Found([(left, top), (right, top), (right, bottom), (left, bottom)], text, 0.9)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def test_rows_from_the_top_each_from_the_left_whatever_the_order_of_the_boxes() -> None:
    boxes = [
        box(50, 10, 300, 60, "Name of the shop"),
        box(50, 104, 100, 30, "Open"),
        box(200, 100, 100, 30, "daily"),
        box(50, 160, 100, 20, "below"),
    ]
    for seed in range(10):
        random.Random(seed).shuffle(boxes)
        assert analysis_of(boxes, 400, 200).text == "Name of the shop\nOpen\ndaily\nbelow"


def test_a_box_is_told_in_fractions_of_the_picture() -> None:
    (line,) = analysis_of([box(40, 50, 200, 25, " Name ")], 400, 200).lines
    assert (line.text, line.x, line.y, line.width, line.height) == ("Name", 0.1, 0.25, 0.5, 0.125)


def leaning(left: float, top: float, width: float, height: float, text: str, slope: float) -> Found:
    fall, right = slope * width, left + width
    corners = [(left, top), (right, top + fall), (right, top + fall + height), (left, top + height)]
    return Found(corners, text, 0.9)


@pytest.mark.parametrize("slope", [-0.15, 0.0, 0.15])
def test_rows_are_followed_along_their_slope(slope: float) -> None:
    """The right end of the first row is higher, or lower, than the left end of the second."""
    boxes = [
        leaning(x, 150 + 50 * row + slope * x, 200, 30, f"{row}{column}", slope)
        for row in range(3)
        for column, x in enumerate((20, 300, 580))
    ]
    random.Random(5).shuffle(boxes)
    said = analysis_of(boxes, 800, 600).text.split()
    assert said == [f"{row}{column}" for row in range(3) for column in range(3)]


def test_a_leaning_line_is_as_high_as_its_letters() -> None:
    leaning = Found([(0, 0), (200, 40), (196, 60), (-4, 20)], "leaning", 0.9)
    (line,) = analysis_of([leaning], 400, 200).lines
    assert line.height == pytest.approx(20.4 / 200, abs=0.001)
    assert line.x == 0


@given(st.lists(st.tuples(*[st.floats(0, 900)] * 2, *[st.floats(1, 400)] * 2), max_size=12))
def test_every_box_is_told_once_and_lies_in_the_picture(
    places: list[tuple[float, float, float, float]],
) -> None:
    found = [box(*place, text=str(number)) for number, place in enumerate(places)]
    lines = analysis_of(found, 1000, 1000).lines
    assert sorted(line.text for line in lines) == sorted(one.text for one in found)
    assert all(0 <= line.x <= line.x + line.width <= 1.0001 and line.y >= 0 for line in lines)


def test_transparent_ground_is_white() -> None:
    picture = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    for kind in ("PNG", "WEBP"):
        assert decode(encoded(picture, kind, lossless=True)).getpixel((5, 5)) == (255, 255, 255)
    palette = Image.new("P", (40, 20), 0)
    assert decode(encoded(palette, "GIF", transparency=0)).getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_taken_sideways_is_put_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(encoded(Image.new("RGB", (60, 30)), "JPEG", exif=exif)).size == (30, 60)


def test_large_pictures_are_shrunk_and_all_kinds_become_rgb() -> None:
    for mode in ("RGB", "L", "CMYK", "1", "I;16", "P"):
        kind = "TIFF" if mode in ("CMYK", "I;16") else "PNG"
        picture = decode(encoded(Image.new(mode, (2400, 600)), kind))
        assert (picture.mode, picture.size) == ("RGB", (2000, 500))


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is large, in a few bytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b""))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<html>no</html>" * 20, "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        (bomb(10_000, 8_000), "megapixels"),
        (bomb(60_000, 60_000), "megapixels"),
    ],
    ids=["empty", "html", "postscript", "large", "bomb"],
)
def test_what_can_t_be_read_says_why(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        decode(content)


def test_a_truncated_picture_is_an_error() -> None:
    whole = encoded(Image.frombytes("RGB", (90, 90), random.Random(1).randbytes(24300)), "JPEG")
    with pytest.raises(OSError, match="truncated"):
        decode(whole[: len(whole) // 2])


@given(st.lists(st.binary(max_size=300)))
def test_frames_come_out_as_they_went_in(payloads: list[bytes]) -> None:
    stream = io.BytesIO()
    for payload in payloads:
        write_frame(stream, payload)
    stream.seek(0)
    assert [read_frame(stream) for _ in payloads] == payloads
    assert read_frame(stream) is None
