"""The bytes of the image server's pictures: real JPEGs of about 40 KB, one for each number, made in
microseconds: they differ in a comment segment only."""

import io
import random
from functools import cache

from PIL import Image, ImageFilter

from tests.fakes.truth import comment, embed, truth_of

_PAD = 60_000


@cache
def base(width: int = 640, height: int = 480) -> bytes:
    """One blurred noise picture (about 40 KB at 640 x 480): it compresses like a photograph."""
    noise = random.Random(7).randbytes(width * height * 3)
    picture = Image.frombytes("RGB", (width, height), noise).filter(ImageFilter.GaussianBlur(1.0))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=40)
    return out.getvalue()


def good(n: int, size: int = 0) -> bytes:
    """Picture n with the truth inside, filled up with comments to at least `size` bytes."""
    picture = embed(base(), truth_of(n))
    missing = size - len(picture)
    if missing <= 0:
        return picture
    pads = [min(_PAD, missing - start) for start in range(0, missing, _PAD)]
    return picture[:-2] + b"".join(comment(bytes(pad)) for pad in pads) + picture[-2:]
