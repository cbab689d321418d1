"""The kinds of signs and what stands around them: each draws its ground and says where the lettering goes."""

import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from dev.sample_signs import Sign
from dev.sample_type import Line, letter

# Ground of the sign, ink, wall around it.
COLOURS = {
    "navy": ("#16294d", "#f6f1e3", "#8d8478"),
    "rust": ("#8a3b1d", "#fff4df", "#b9a58c"),
    "cream": ("#f4ead2", "#4a2f1b", "#7f96a8"),
    "night": ("#15161c", "#ffe9a8", "#24262e"),
    "chili": ("#b3211f", "#fff7e8", "#d9c7a6"),
    "green": ("#1d5c3a", "#ffffff", "#b8b4aa"),
    "smoke": ("#3a4147", "#eef1f2", "#70757a"),
    "teal": ("#0f6b70", "#fdf6e0", "#a7b7b5"),
    "violet": ("#3c2163", "#ffd9f2", "#1d1630"),
    "brass": ("#c9a45a", "#2b1d0a", "#5d4a3c"),
    "moss": ("#465a2b", "#f8f3d8", "#a39a86"),
    "sea": ("#0b5c86", "#ffffff", "#cfd8da"),
    "white": ("#fbfbf8", "#1b2a38", "#9a8f84"),
    "plum": ("#5b2346", "#fbe9d7", "#98868f"),
    "red": ("#c8102e", "#ffffff", "#8f8a84"),
    "sun": ("#f7c325", "#1f1a12", "#9fb2bd"),
    "ice": ("#e8f3fa", "#0b3f66", "#202a33"),
}


def draw_sign(sign: Sign, rng: random.Random) -> Image.Image:
    """The sign where it hangs, seen straight on."""
    picture = Image.new("RGB", sign.size, COLOURS[sign.colours][2])
    _STYLES[sign.style](picture, ImageDraw.Draw(picture), sign, rng)
    return picture


def _lines(sign: Sign) -> list[Line]:
    """All that is painted, from top to bottom; small print in a plainer face than a script or capitals."""
    small = {"script": "slab", "caps": "condensed"}.get(sign.face, sign.face)
    parts = [(sign.slogan, 0.9), (sign.phone, 1.15), (sign.hours, 0.8), (sign.mail or sign.web, 0.8)]
    return [(name, 2.6, sign.face) for name in sign.painted] + [
        (text, weight, small) for text, weight in parts if text
    ]


def _fascia(picture: Image.Image, draw: ImageDraw.ImageDraw, sign: Sign, rng: random.Random) -> None:
    """A painted beam over a shop front."""
    ground, ink, wall = COLOURS[sign.colours]
    w, h = picture.size
    _bricks(draw, w, h, wall, rng)
    draw.rectangle((0.04 * w, 0.10 * h, 0.96 * w, 0.54 * h), fill=ground, outline=ink, width=max(2, w // 260))
    for left, right in ((0.06, 0.38), (0.62, 0.94)):
        draw.rectangle(
            (left * w, 0.60 * h, right * w, 0.92 * h), fill="#2c3a44", outline="#e5e1d8", width=w // 110
        )
        draw.polygon(
            [(left * w + 9, 0.9 * h), (left * w + 9, 0.72 * h), (right * w - 0.12 * w, 0.615 * h)],
            fill="#3d4f5c",
        )
    draw.rectangle((0.42 * w, 0.60 * h, 0.58 * w, h), fill=ground, outline="#e5e1d8", width=w // 130)
    draw.rectangle((0, 0.96 * h, w, h), fill="#77736c")
    letter(draw, (0.09 * w, 0.13 * h, 0.91 * w, 0.51 * h), _lines(sign), ink)


def _board(picture: Image.Image, draw: ImageDraw.ImageDraw, sign: Sign, rng: random.Random) -> None:
    """A big wooden board that fills the view."""
    ground, ink, wall = COLOURS[sign.colours]
    w, h = picture.size
    draw.rectangle((0.05 * w, 0.08 * h, 0.95 * w, 0.92 * h), fill=ground)
    for row in range(1, 8):
        y = (0.08 + 0.105 * row) * h
        draw.line(
            (0.05 * w, y, 0.95 * w, y), fill=_shade(ground, rng.uniform(0.86, 0.93)), width=max(1, h // 300)
        )
    draw.rounded_rectangle(
        (0.075 * w, 0.11 * h, 0.925 * w, 0.89 * h), 18, outline=ink, width=max(3, w // 170)
    )
    for x in (0.06, 0.94):
        for y in (0.10, 0.90):
            draw.ellipse((x * w - 5, y * h - 5, x * w + 5, y * h + 5), fill=_shade(wall, 0.5))
    letter(draw, (0.12 * w, 0.18 * h, 0.88 * w, 0.82 * h), _lines(sign), ink)


def _hanging(picture: Image.Image, draw: ImageDraw.ImageDraw, sign: Sign, rng: random.Random) -> None:
    """A board on chains against the sky, roofs below."""
    ground, ink, _ = COLOURS[sign.colours]
    w, h = picture.size
    _gradient(picture, "#8fb4d6", "#e7eef2")
    for x in range(0, w, w // 6):
        roof = h * rng.uniform(0.84, 0.93)
        draw.rectangle((x, roof, x + w // 6, h), fill=_shade("#7d6a5c", rng.uniform(0.7, 1.1)))
    draw.rectangle((0, 0.08 * h, 0.9 * w, 0.10 * h), fill="#26221f")
    for chain in (0.2 * w, 0.8 * w):
        draw.line((chain, 0.10 * h, chain, 0.2 * h), fill="#26221f", width=max(3, w // 180))
    draw.rounded_rectangle(
        (0.1 * w, 0.2 * h, 0.9 * w, 0.8 * h), w // 30, fill=ground, outline=ink, width=max(3, w // 130)
    )
    letter(draw, (0.16 * w, 0.26 * h, 0.84 * w, 0.74 * h), _lines(sign), ink)


def _lightbox(picture: Image.Image, draw: ImageDraw.ImageDraw, sign: Sign, rng: random.Random) -> None:
    """Letters that glow at night."""
    ground, ink, wall = COLOURS[sign.colours]
    w, h = picture.size
    _gradient(picture, _shade(wall, 0.5), wall)
    glow = Image.new("RGB", picture.size, "black")
    ImageDraw.Draw(glow).rounded_rectangle((0.06 * w, 0.2 * h, 0.94 * w, 0.74 * h), w // 40, fill=ink)
    picture.paste(Image.blend(picture, glow.filter(ImageFilter.GaussianBlur(w // 24)), 0.35))
    draw.rounded_rectangle(
        (0.06 * w, 0.2 * h, 0.94 * w, 0.74 * h), w // 40, fill=ground, outline=ink, width=4
    )
    for _ in range(6):
        lamp, r = rng.uniform(0, w), rng.uniform(0.01, 0.03) * w
        draw.ellipse(
            (lamp - r, 0.88 * h - r, lamp + r, 0.88 * h + r), fill=_shade(ink, rng.uniform(0.3, 0.7))
        )
    letter(draw, (0.11 * w, 0.25 * h, 0.89 * w, 0.69 * h), _lines(sign), ink)


def _window(picture: Image.Image, draw: ImageDraw.ImageDraw, sign: Sign, rng: random.Random) -> None:
    """Letters on the glass of a shop window, with a reflection across."""
    ground, ink, wall = COLOURS[sign.colours]
    w, h = picture.size
    glass = Image.new("RGB", picture.size)
    _gradient(glass, _shade(ground, 1.1), _shade(ground, 0.6))
    shine = Image.new("L", picture.size)
    left = rng.uniform(0.1, 0.5) * w
    band = [(left, 0), (left + 0.18 * w, 0), (left + 0.02 * w, h), (left - 0.16 * w, h)]
    ImageDraw.Draw(shine).polygon(band, fill=26)
    glass.paste("white", (0, 0), shine.filter(ImageFilter.GaussianBlur(6)))
    picture.paste(glass)
    draw.rectangle((0, 0, w - 1, h - 1), outline=wall, width=w // 30)
    letter(draw, (0.1 * w, 0.2 * h, 0.9 * w, 0.8 * h), _lines(sign), ink)


def _awning(picture: Image.Image, draw: ImageDraw.ImageDraw, sign: Sign, rng: random.Random) -> None:
    """Stripes above, the lettering on the cloth's edge and below it."""
    ground, ink, wall = COLOURS[sign.colours]
    w, h = picture.size
    _bricks(draw, w, h, wall, rng)
    for number, x in enumerate(range(0, w, w // 12)):
        cloth = ground if number % 2 else "#f5efe4"
        draw.polygon(
            [(x, 0.05 * h), (x + w // 12, 0.05 * h), (x + w // 12, 0.24 * h), (x, 0.24 * h)], fill=cloth
        )
    draw.rectangle((0, 0.24 * h, w, 0.74 * h), fill=ground)
    for x in range(0, w, w // 12):
        draw.pieslice((x, 0.70 * h, x + w // 12, 0.78 * h), 0, 180, fill=ground)
    draw.rectangle((0.1 * w, 0.82 * h, 0.9 * w, h), fill="#26323a")
    letter(draw, (0.08 * w, 0.27 * h, 0.92 * w, 0.71 * h), _lines(sign), ink)


def _plate(picture: Image.Image, draw: ImageDraw.ImageDraw, sign: Sign, rng: random.Random) -> None:
    """A small plate beside a door: much wall, small letters."""
    ground, ink, wall = COLOURS[sign.colours]
    w, h = picture.size
    _bricks(draw, w, h, wall, rng)
    left, top = rng.uniform(0.12, 0.2) * w, rng.uniform(0.2, 0.28) * h
    right, bottom = left + 0.66 * w, top + 0.5 * h
    draw.rectangle((left + 6, top + 8, right + 6, bottom + 8), fill=_shade(wall, 0.55))
    draw.rectangle(
        (left, top, right, bottom), fill=ground, outline=_shade(ground, 0.7), width=max(2, w // 200)
    )
    letter(draw, (left + 0.05 * w, top + 0.06 * h, right - 0.05 * w, bottom - 0.06 * h), _lines(sign), ink)


def _bricks(draw: ImageDraw.ImageDraw, w: int, h: int, wall: str, rng: random.Random) -> None:
    height, length = max(12, h // 32), max(30, w // 16)
    for row in range(h // height + 1):
        for left in range(-(row % 2) * length // 2, w, length):
            fill = _shade(wall, rng.uniform(0.88, 1.08))
            draw.rectangle((left, row * height, left + length - 2, (row + 1) * height - 2), fill=fill)


def _gradient(picture: Image.Image, top: str, bottom: str) -> None:
    mask = Image.linear_gradient("L").resize(picture.size)
    below, above = Image.new("RGB", picture.size, bottom), Image.new("RGB", picture.size, top)
    picture.paste(Image.composite(below, above, mask))


def _shade(colour: str, factor: float) -> str:
    """The colour, darker (below 1) or lighter."""
    channels = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{min(255, round(channel * factor)):02x}" for channel in channels)


_STYLES: dict[str, Callable[[Image.Image, ImageDraw.ImageDraw, Sign, random.Random], None]] = {
    "fascia": _fascia,
    "board": _board,
    "hanging": _hanging,
    "lightbox": _lightbox,
    "window": _window,
    "awning": _awning,
    "plate": _plate,
}
