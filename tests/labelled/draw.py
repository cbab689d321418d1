"""From what a picture says to where it stands and to how it looks: laid out first, which is fast, then
painted, seen at an angle, in bad light, out of focus, compressed."""

import io
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from PIL.ImageFont import FreeTypeFont

from dev import sample_type
from dev.sample_styles import COLOURS
from tests.labelled.pictures import Picture, Written

_EAST = Path(__file__).with_name("assets") / "NotoSansSC-subset.ttf"
_GAP = 0.3  # between lines, in their heights
Corner = tuple[float, float]


@dataclass(frozen=True)
class Placed:
    """A line with its ink's box in the picture as seen straight on: left, top, right, bottom in pixels."""

    written: Written
    font: FreeTypeFont
    origin: Corner
    box: tuple[float, float, float, float]


class Look:
    """All that is left to chance, the same for the same picture."""

    def __init__(self, picture: Picture) -> None:
        rng = random.Random(picture.seed)
        w, h = picture.size
        self.colours = COLOURS[rng.choice(sorted(COLOURS))]
        if picture.lines and picture.lines[0].role == "page":
            self.colours = (rng.choice(("#fdfdf8", "#ffffff", "#f3efe2")), "#1c1c20", "#9a948a")
        lean = 0.045
        self.corners = [
            (x + rng.uniform(-lean, lean) * w, y + rng.uniform(-lean, lean) * h) for x, y in _edges(w, h)
        ]
        self.blur = rng.choice((0.0, 0.0, 0.6, 0.9, 1.2)) * w / 1000
        self.light = rng.choice((1.0, 1.0, 0.75, 0.55, 1.15))
        self.shade = rng.uniform(0.0, 0.45)
        self.grain = rng.choice((0, 4, 8, 12))
        self.quality = rng.choice((60, 75, 85, 92))
        self.ground = rng.choice(("plain", "bricks", "frame", "sky"))
        # Where the sign hangs, in fractions of the picture.
        self.left, self.top = rng.uniform(0.06, 0.12), rng.uniform(0.1, 0.2)
        self.rng = rng


def placed(picture: Picture, look: Look) -> list[Placed]:
    """Lines under each other, as high as their weights say, each within the sign's width."""
    w, h = picture.size
    left, top = look.left * w, look.top * h
    width, height = w - 2 * left, h - 2 * top
    unit = height / (sum(line.weight for line in picture.lines) * (1 + _GAP) or 1)
    unit = min(unit, 0.085 * h if picture.lines and picture.lines[0].role == "page" else 0.16 * h)
    found: list[Placed] = []
    names = [one for one in picture.lines if one.role == "name"]
    size = min((_fitted(one, width, unit * one.weight).size for one in names), default=0)
    pages = [one for one in picture.lines if one.role == "page"]
    page = min((_fitted(one, width, unit * one.weight).size / one.weight for one in pages), default=0)
    most = size / names[0].weight * 1.5 if names else unit
    for written in picture.lines:
        font = _fitted(written, width, min(unit, most) * written.weight)
        if written.role == "name":
            font = _face(written.face, int(size))
        elif written.role == "page":
            font = _face(written.face, int(page * written.weight))
        x0, y0, x1, y1 = font.getbbox(written.text)
        x = left - x0 if picture.align == "left" else (w - x0 - x1) / 2
        y = top - y0
        found.append(Placed(written, font, (x, y), (x + x0, y + y0, x + x1, y + y1)))
        top += (y1 - y0) + _GAP * unit * written.weight + 0.02 * h
    return found


def seen(box: tuple[float, float, float, float], picture: Picture, look: Look) -> list[Corner]:
    """The box's corners where the camera sees them: from the upper left around to the lower left."""
    left, top, right, bottom = box
    matrix = _homography(_edges(*picture.size), look.corners)
    return [
        _through(matrix, corner) for corner in ((left, top), (right, top), (right, bottom), (left, bottom))
    ]


def painted(picture: Picture) -> bytes:
    """The picture as a JPEG."""
    look = Look(picture)
    canvas = _ground(picture, look)
    draw = ImageDraw.Draw(canvas)
    for one in placed(picture, look):
        draw.text(one.origin, one.written.text, font=one.font, fill=look.colours[1])
    out = io.BytesIO()
    _photographed(canvas, look).save(out, "JPEG", quality=look.quality)
    return out.getvalue()


def _face(name: str, size: int) -> FreeTypeFont:
    return ImageFont.truetype(_EAST, size) if name == "east" else sample_type.face(name, size)


def _fitted(written: Written, width: float, height: float) -> FreeTypeFont:
    size = max(8, int(height))
    while size > 8:
        left, _, right, _ = _face(written.face, size).getbbox(written.text)
        if right - left <= width:
            break
        size = int(size * 0.94)
    return _face(written.face, max(size, 8))


def _ground(picture: Picture, look: Look) -> Image.Image:
    w, h = picture.size
    ground, ink, wall = look.colours
    canvas = Image.new(
        "RGB", (w, h), ground if look.ground == "plain" or not picture.truth.is_store else wall
    )
    draw = ImageDraw.Draw(canvas)
    if picture.kind in ("scenery", "captioned"):
        _hills(draw, w, h, look.rng)
    elif picture.truth.is_store and look.ground != "plain":
        if look.ground == "bricks":
            for row, y in enumerate(range(0, h, h // 24)):
                for x in range(-(row % 2) * w // 32, w, w // 16):
                    draw.rectangle((x, y, x + w // 16 - 2, y + h // 24 - 2), fill=_varied(wall, look.rng))
        edge = (0.5 * look.left * w, 0.6 * look.top * h, (1 - 0.5 * look.left) * w, (1 - 0.6 * look.top) * h)
        draw.rectangle(
            edge, fill=ground, outline=ink if look.ground == "frame" else None, width=max(2, w // 200)
        )
    return canvas


def _hills(draw: ImageDraw.ImageDraw, w: int, h: int, rng: random.Random) -> None:
    draw.rectangle((0, 0, w, h), fill="#9fc0dc")
    for depth in range(3):
        y = h * (0.45 + 0.17 * depth)
        ridge = [(x, y + rng.uniform(-0.06, 0.06) * h) for x in range(0, w + 1, w // 7)]
        draw.polygon(
            [(0, h), *ridge, (w, ridge[-1][1]), (w, h)], fill=("#7d8f9c", "#5b7757", "#3d5a37")[depth]
        )


def _varied(colour: str, rng: random.Random) -> tuple[int, int, int]:
    factor = rng.uniform(0.86, 1.08)
    red, green, blue = (min(255, int(int(colour[at : at + 2], 16) * factor)) for at in (1, 3, 5))
    return red, green, blue


def _photographed(canvas: Image.Image, look: Look) -> Image.Image:
    w, h = canvas.size
    inverse = _homography(look.corners, _edges(w, h)).flatten()[:8].tolist()
    picture = canvas.transform(
        (w, h), Image.Transform.PERSPECTIVE, inverse, Image.Resampling.BICUBIC, fillcolor="#6d6963"
    )
    picture = picture.filter(ImageFilter.GaussianBlur(look.blur))
    pixels: Any = np.asarray(picture, dtype=np.float32) * look.light
    pixels *= np.linspace(1.0, 1.0 - look.shade, w, dtype=np.float32)[None, :, None]
    if look.grain:
        noise = np.random.default_rng(look.quality).normal(0, look.grain, (h, w, 1))
        pixels += noise.astype(np.float32)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _edges(w: float, h: float) -> list[Corner]:
    return [(0, 0), (w, 0), (w, h), (0, h)]


def _homography(a: list[Corner], b: list[Corner]) -> Any:
    """The 3 x 3 matrix that takes the four corners `a` to `b`."""
    rows, right = [], []
    for (x, y), (u, v) in zip(a, b, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(right)), 1.0).reshape(3, 3)


def _through(matrix: Any, corner: Corner) -> Corner:
    x, y, scale = matrix @ (corner[0], corner[1], 1.0)
    return float(x / scale), float(y / scale)
