"""Lettering: faces, and lines of text fitted into a box."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from PIL import ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

ASSETS = Path(__file__).with_name("sample_assets")
# Name of a face: its file and, where the file holds many weights, the weight.
_FACES = {
    "condensed": ("Oswald.ttf", 600),
    "sans": ("Oswald.ttf", 400),
    "serif": ("PlayfairDisplay.ttf", 700),
    "slab": ("RobotoSlab.ttf", 700),
    "caps": ("BebasNeue.ttf", None),
    "script": ("Pacifico.ttf", None),
}
_SMALLEST = 8
_AT_MOST = 1.8

Box = tuple[float, float, float, float]
Line = tuple[str, float, str]  # text, height relative to its neighbours, face


@lru_cache(maxsize=512)
def face(name: str, size: int) -> FreeTypeFont:
    """The face in a size in pixels; `plain` is the one inside Pillow."""
    if name == "plain":
        font = ImageFont.load_default(size)
        assert isinstance(font, FreeTypeFont)
        return font
    file, weight = _FACES[name]
    font = ImageFont.truetype(ASSETS / file, size)
    if weight:
        font.set_variation_by_axes([weight])
    return font


def fitted(name: str, text: str, width: float, height: float) -> FreeTypeFont:
    """The largest size whose line of text is within width and height (pixels, ascender to descender)."""
    size = max(_SMALLEST, int(height))
    while size > _SMALLEST:
        font = face(name, size)
        left, top, right, bottom = font.getbbox(text)
        if right - left <= width and bottom - top <= height:
            return font
        size = int(size * 0.94)
    return face(name, _SMALLEST)


def letter(draw: ImageDraw.ImageDraw, box: Box, lines: Sequence[Line], ink: str) -> None:
    """Draws the lines under each other, centred in the box (left, top, right, bottom in pixels). A long first
    line is small, since it has to fit; it keeps the others within `_AT_MOST` times their share of it."""
    left, top, right, bottom = box
    unit = (bottom - top) / sum(weight * 1.3 for _, weight, _ in lines)
    middle, most = top, unit
    for text, weight, name in lines:
        middle += weight * 0.65 * unit
        font = fitted(name, text, right - left, weight * most)
        most = min(most, font.size / weight * _AT_MOST)
        x0, y0, x1, y1 = font.getbbox(text)
        draw.text(((left + right - x0 - x1) / 2, middle - (y0 + y1) / 2), text, font=font, fill=ink)
        middle += weight * 0.65 * unit
