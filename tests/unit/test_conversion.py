"""Pictures that the provider does not take become JPEGs that it does."""

import base64
import io
import os
from typing import Any

import pytest
from PIL import Image

from services.analyzer.conversion import fits
from services.analyzer.conversion_reply import MAX_JPEG_BYTES
from services.analyzer.conversion_worker import smaller
from services.analyzer.decoding import UnreadableError
from services.analyzer.dimensions import size_of
from services.analyzer.providers.gemini import GeminiProvider
from services.analyzer.sniff import USUAL, format_of
from tests.fakes.pictures import good

# 64 x 48 pixels, white, with a red rectangle.
HEIC = base64.b85decode(
    "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<0004fZDn*}000000000XXk=`10000000000aA{+700000000000000000000"
    "B57=IV*mgE07O6l0RRC200001p#T8@000000040S001LtX>Mi!000000RR916=`l}WdZ;I000310BCk&F#rGn01j|zbZr0t"
    "000010002}X>f9I0002pX>en20001XXm(>m0RwOV0058x000009`FGC{rLC*01pFT0096PKmiN^|NjGU00093kN^M!00093"
    "9=ZZRVE_RDDnbDP18@KU0|1Z!00RI30{|YNAb|yz>g1-mxCm%4AOHXZ10VnZ0{|gn00967L;=Bbz=;3=025<xY;ta6Y<K_x"
    "01W^JfB*mh6lrsCWdHyG00000KmY&$KmY&$C}V74Z~y=RKmY&$0RR91FaQ7m0RR91000000{{R2@Bjb+0ssI25O8UDX#fBK"
    "00RgJ2mk;87-?{AVE_OC000000RRC7fdT^sga7~ld2M82bN~PVZ72b+6M*I@ROJc3hFkniXXDQYDJ3t=43K8`Doj}QNgC9e"
    "wA;py1Mh1Y49KS2R1?guJbx37M(?-EHGMYtJg|rYk)HdWmoG7Z?N>+(7kfio)k>1+017!eb6W6MegFUcA^hwLTr65BBR&"
)


def drawn(form: str, size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize("content", [HEIC, drawn("AVIF"), drawn("TIFF", big_tiff=True)])
def test_what_the_provider_does_not_know_becomes_a_jpeg(content: bytes) -> None:
    assert format_of(content)
    assert not fits(content, USUAL)
    made = smaller(content)
    assert (made[:3], size_of(made)) == (b"\xff\xd8\xff", (64, 48))
    assert fits(made, USUAL)
    red = Image.open(io.BytesIO(made)).getpixel((20, 20))
    assert isinstance(red, tuple)
    assert red[0] > 240 > 20 > red[1]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_what_it_knows_goes_as_it_is(form: str) -> None:
    assert fits(drawn(form), USUAL)


@pytest.mark.parametrize(("form", "known"), [("JPEG", True), ("PNG", True), ("WEBP", True), ("BMP", False)])
def test_what_one_provider_does_not_know_becomes_a_jpeg_for_it(form: str, known: bool) -> None:
    assert fits(drawn(form), GeminiProvider.formats) is known


def test_what_is_too_large_becomes_smaller_however_badly_it_compresses() -> None:
    noise = Image.frombytes("RGB", (1_700, 1_700), os.urandom(1_700 * 1_700 * 3))
    out = io.BytesIO()
    noise.save(out, "BMP")
    assert not fits(out.getvalue(), USUAL)
    assert len(smaller(out.getvalue())) <= MAX_JPEG_BYTES
    padded = good(1, 9_000_000)
    assert not fits(padded, USUAL)
    assert size_of(smaller(padded)) == (640, 480)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    made = Image.open(io.BytesIO(smaller(out.getvalue()))).getpixel((9, 9))
    assert isinstance(made, tuple)
    assert made[0] > 240


@pytest.mark.parametrize("content", [HEIC[:300], HEIC[:16] + b"x" * 500, drawn("AVIF")[:200]])
def test_what_is_damaged_raises_and_does_no_more(content: bytes) -> None:
    with pytest.raises((UnreadableError, OSError, ValueError)):
        smaller(content)
