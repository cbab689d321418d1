"""From boxes of recognised text to lines in reading order, and how they travel. Pure."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from services.analyzer.analysis import Analysis, ImageFailure, TextLine

Corner = tuple[float, float]
_DIGITS = 4  # boxes are kept to a ten-thousandth of the picture


class Reply(msgspec.Struct, frozen=True):
    """What the process says of one picture: exactly one of the two."""

    analysis: Analysis | None = None
    failure: ImageFailure | None = None


class Found(NamedTuple):
    """`corners` in pixels, from the text's upper left around to its lower left."""

    corners: Sequence[Corner]
    text: str
    confidence: float


def analysis_of(found: Sequence[Found], width: int, height: int) -> Analysis:
    """`width` and `height` of the picture in pixels. Rows from top to bottom, each from left to right."""
    lines = [_line(one, width, height) for row in _rows(found) for one in row]
    return Analysis(provider="local", text="\n".join(line.text for line in lines), lines=tuple(lines))


def _rows(found: Sequence[Found]) -> list[list[Found]]:
    """Boxes stand in one row when the middle of one lies within the height of the row's first, along the
    slope of the lines: in a picture that leans, a row ends as high as the row above or below begins."""
    slope = _slope(found)

    def middle(one: Found) -> float:
        return sum(y - slope * x for x, y in one.corners) / len(one.corners)

    rows: list[list[Found]] = []
    for one in sorted(found, key=middle):
        first = rows[-1][0] if rows else None
        if first and abs(middle(one) - middle(first)) < _height(first.corners) / 2:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda one: min(x for x, _ in one.corners)) for row in rows]


def _slope(found: Sequence[Found]) -> float:
    """Of the middle one of the upper edges: a few boxes may stand otherwise."""
    edges = [(upper_right, upper_left) for upper_left, upper_right, *_ in (one.corners for one in found)]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for b, a in edges if b[0] - a[0] > abs(b[1] - a[1])]
    return statistics.median(slopes) if slopes else 0.0


def _line(one: Found, width: int, height: int) -> TextLine:
    xs, ys = zip(*one.corners, strict=True)
    left, top = max(0.0, min(xs)), max(0.0, min(ys))
    return TextLine(
        text=one.text.strip(),
        x=round(left / width, _DIGITS),
        y=round(top / height, _DIGITS),
        width=round((min(max(xs), width) - left) / width, _DIGITS),
        height=round(_height(one.corners) / height, _DIGITS),
        confidence=round(one.confidence, 3),
    )


def _height(corners: Sequence[Corner]) -> float:
    """How high the letters are, in pixels: a leaning line's outer box would be higher than they are."""
    upper_left, upper_right, lower_right, lower_left = corners
    return (math.dist(upper_left, lower_left) + math.dist(upper_right, lower_right)) / 2
