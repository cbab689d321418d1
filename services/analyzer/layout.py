"""What the text alone tells of a picture: a shop's sign, a page, a receipt, a list of prices, a chart."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from services.analyzer.analysis import TextLine
from services.analyzer.vocabulary import CJK_SUMS, SUMS

SceneKind = Literal["store", "document", "receipt", "price list", "chart", "other"]

_MONEY = re.compile(
    r"\d[.,]\d\d\b(?!\s?[.:/\u2013-]\s?\d)|[$\u20ac\u00a3\u00a5\u20ba\u20bd\uffe5]\s?\d"
    r"|\d\s?(?:[\u20ac\u00a3\u20ba\u20bd\u5186\u5143]|z\u0142\b|kr\b)"
)
_SUM = re.compile(rf"\b(?:{SUMS})\b|{CJK_SUMS}", re.I)
# Of the picture: smaller writing is a caption or a watermark; beside a contact it may be a sign's.
_MIN_SIGN_HEIGHT, _MIN_WITH_CONTACT = 0.05, 0.035
_DOMINANT = 1.25  # a sign's first line against its middle one; in a page all are alike


class Scene(msgspec.Struct, frozen=True, gc=False):
    """`why` names what decided, in a few words; `confidence` (0..1) that the kind is right."""

    kind: SceneKind
    why: str
    confidence: float


def layout(lines: Sequence[TextLine], *, named: bool, contact: bool) -> Scene:
    """Judges by the text alone, as it must where a provider gives no labels."""
    if not lines:
        return Scene("other", "no text", 0.9)
    texts = [line.text for line in lines]
    if _has_prices(texts):
        if any(_SUM.search(text) for text in texts):
            return Scene("receipt", "prices and a sum", 0.9)
        if not contact:  # with one it is a shop's board of offers
            return Scene("price list", "prices", 0.8)
    if _is_chart(texts):
        return Scene("chart", "mostly numbers", 0.8)
    heights = sorted(line.height for line in lines)
    largest, middle = heights[-1], heights[(len(heights) - 1) // 2]
    if _is_page(texts):
        return Scene("document", f"{len(lines)} lines of running text", 0.85)
    if largest < (_MIN_WITH_CONTACT if contact else _MIN_SIGN_HEIGHT):
        return Scene("other", "small writing only", 0.75)
    if not (named or contact):
        return Scene("other", "nothing that names a shop", 0.8)
    if len(lines) <= 3 or contact or largest >= _DOMINANT * middle:
        if contact:
            return Scene("store", "a sign's writing with a contact", 0.93)
        return Scene("store", "a sign's writing", 0.75)
    return Scene("other", "no line stands out", 0.6)


def _has_prices(texts: Sequence[str]) -> bool:
    """At least three, and in a third of the lines: a receipt's goods may stand in lines of their own."""
    prices = _count(bool(_MONEY.search(text)) for text in texts)
    return prices >= 3 and 3 * prices >= len(texts)


def _is_chart(texts: Sequence[str]) -> bool:
    """Axes: at least six ticks, three of them numbers, and most lines are ticks."""
    ticks = [text for text in texts if _is_tick(text)]
    numbers = _count(any(map(str.isdigit, text)) for text in ticks)
    return len(ticks) >= 6 and numbers >= 3 and 2 * len(ticks) >= len(texts)


def _is_tick(text: str) -> bool:
    """A number with its unit, or a word as short as a month's. A phone number has more digits."""
    digits = sum(map(str.isdigit, text))
    letters = sum(map(str.isalpha, text))
    return (0 < digits < 7 and letters <= digits) or (not digits and 0 < letters <= 4)


def _is_page(texts: Sequence[str]) -> bool:
    """At least three lines run on, and they are most of the lines."""
    running = _count(_runs_on(text) for text in texts)
    return running >= 3 and 2 * running > len(texts)


def _runs_on(text: str) -> bool:
    """Five words or more, mostly letters: hours and addresses have more digits."""
    return text.count(" ") >= 4 and 10 * sum(map(str.isdigit, text)) <= len(text)


def _count(flags: Iterable[bool]) -> int:
    return sum(flags)
