"""What kind of picture this is: a shop's sign or front, or a document, a receipt, a chart, something else."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from services.analyzer import vocabulary
from services.analyzer.analysis import Scored, TextLine

SceneKind = Literal["store", "document", "receipt", "price list", "chart", "other"]

_MIN_SCORE = 0.5
_KIND_OF: dict[str, SceneKind] = {
    **dict.fromkeys(vocabulary.STORE_LABELS, "store"),
    **dict.fromkeys(vocabulary.DOCUMENT_LABELS, "document"),
    **dict.fromkeys(vocabulary.RECEIPT_LABELS, "receipt"),
    **dict.fromkeys(vocabulary.CHART_LABELS, "chart"),
}

_MONEY = re.compile(r"\d[.,]\d\d\b(?![.:/-]\d)|[$\u20ac\u00a3\u00a5]\s?\d")
_SUM = re.compile(
    r"\b(?:sub-?total|total|tax|vat|mwst|change|cash|amount due|balance|receipt|invoice)\b", re.I
)
_MIN_SIGN_HEIGHT = 0.035  # of the picture: smaller writing is a caption or a watermark
_DOMINANT = 1.25  # a sign's first line against its middle one; in a page all are alike


class Scene(msgspec.Struct, frozen=True, gc=False):
    """`why` names what decided, in a few words."""

    kind: SceneKind
    why: str


def scene_of(labels: Sequence[Scored], lines: Sequence[TextLine], *, named: bool, contact: bool) -> Scene:
    """The first label that means a kind decides (they come surest first); where none does, the look of the
    text. `named` and `contact`: whether something can be a shop's name, a phone number or an address."""
    undecided = not labels
    for label in labels:
        words = label.name.lower().split()
        if label.score < _MIN_SCORE:
            continue
        for word in words:
            if word in _KIND_OF:
                return Scene(_KIND_OF[word], f"label {label.name} {label.score:.2f}")
        undecided = undecided or not vocabulary.UNDECIDED_LABELS.isdisjoint(words)
    return layout(lines, named=named, contact=contact) if undecided else Scene("other", "no label of a shop")


def layout(lines: Sequence[TextLine], *, named: bool, contact: bool) -> Scene:
    """Judges by the text alone, as it must where a provider gives no labels."""
    if not lines:
        return Scene("other", "no text")
    texts = [line.text for line in lines]
    if _has_prices(texts):
        if any(_SUM.search(text) for text in texts):
            return Scene("receipt", "prices and a sum")
        if not contact:  # with one it is a shop's board of offers
            return Scene("price list", "prices")
    if _is_chart(texts):
        return Scene("chart", "mostly numbers")
    heights = sorted(line.height for line in lines)
    largest, middle = heights[-1], heights[len(heights) // 2]
    if _is_page(texts):
        return Scene("document", f"{len(lines)} lines of running text")
    if largest < _MIN_SIGN_HEIGHT:
        return Scene("other", "small writing only")
    if not (named or contact):
        return Scene("other", "nothing that names a shop")
    if len(lines) <= 3 or contact or largest >= _DOMINANT * middle:
        return Scene("store", "a sign's writing" + (" with a contact" if contact else ""))
    return Scene("other", "no line stands out")


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
