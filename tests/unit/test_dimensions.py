"""The size that a picture says it has, and that a bomb is known by its first bytes."""

import io
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.analyzer.dimensions import size_of, too_many_pixels
from tests.fakes.pictures import base, good

FORMATS = ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF"]


def drawn(form: str, width: int = 37, height: int = 61, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_its_size(form: str) -> None:
    assert size_of(drawn(form)) == (37, 61)


def test_variants_tell_it_too() -> None:
    assert size_of(drawn("JPEG", progressive=True)) == (37, 61)
    assert size_of(drawn("WEBP", lossless=True)) == (37, 61)
    assert size_of(drawn("TIFF", big_tiff=True)) == (37, 61)
    assert size_of(good(3)) == size_of(base()) == (640, 480)
    with_exif = Image.new("RGB", (37, 61))
    exif = Image.Exif()
    exif[0x010E] = "x" * 30_000
    out = io.BytesIO()
    with_exif.save(out, "WEBP", exif=exif)
    assert size_of(out.getvalue()) == (37, 61)


def test_a_bomb_is_known_by_its_head() -> None:
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 60_000, 60_000)
    gif = b"GIF89a" + struct.pack("<HH", 65_535, 65_535)
    bmp = b"BM" + bytes(12) + struct.pack("<Iii", 40, 100_000, -100_000)
    assert all(map(too_many_pixels, (png, gif, bmp)))
    assert not too_many_pixels(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 8_660, 8_660))


@given(st.sampled_from(FORMATS), st.integers(1, 200), st.binary(max_size=8))
def test_damaged_pictures_do_no_harm(form: str, cut: int, noise: bytes) -> None:
    content = drawn(form)
    size_of(content[:cut])
    size_of(content[:cut] + noise + content[cut + len(noise) :])


@pytest.mark.parametrize("head", [b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"])
def test_a_directory_beyond_all_files_is_not_found(head: bytes) -> None:
    assert size_of(head + b"\xff" * 8 + bytes(40)) is None


@pytest.mark.parametrize("marker", [b"\xff", b"\xff\xd0", b"\xff\xe0\0\x02"])
def test_a_file_of_nothing_but_markers_is_not_read_to_its_end(marker: bytes) -> None:
    """20 MB of them took two seconds, in which nothing else went on."""
    picture = drawn("JPEG")
    assert size_of(picture[:2] + marker * 10 + picture[2:]) == (37, 61)
    assert size_of(picture[:2] + marker * 100_000 + picture[2:]) is None
