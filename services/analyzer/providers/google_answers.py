"""Vision's answer for one image (AnnotateImageResponse, raw protobuf) as an `Analysis`.

Each access to a protobuf field costs 0.1-0.2 µs and a sign has a hundred words: of a line only the first and
the last word's box are read."""

from collections.abc import Iterator, Sequence
from typing import Any

from services.analyzer.analysis import Analysis, ImageFailure, Logo, Scored, TextLine

MAX_LINES = 200  # a sign has fewer; the whole text of a page stays in `Analysis.text`
MAX_MESSAGE = 300
MAX_ENTITIES = 5  # of ten; they come by score, and a row keeps what it is given
_SAFE_SEARCH = ("adult", "medical", "violence", "racy")  # "spoof" is no matter of safety
_LIKELY = 4  # of `Likelihood`, 5 is the surest
_DIGITS = 10_000.0  # boxes are kept to a ten-thousandth of the picture


def analysis_of(answer: Any, key: str) -> Analysis | ImageFailure:
    """Vision sends no confidence for lines: `confidence` is that of the page, 0 where it gives none. `key` is
    the call's: what Google says of an error may quote it."""
    if answer.HasField("error") and answer.error.code:
        said = answer.error.message.replace(key, "(key)")[:MAX_MESSAGE]
        return ImageFailure(said or f"Vision's error {answer.error.code}")
    texts = answer.text_annotations
    text = texts[0].description.rstrip("\n") if texts else ""
    page = _page(answer) if text else None
    return Analysis(
        provider="google",
        text=text,
        lines=tuple(_lines(text, texts, *page)) if page else (),
        labels=_scored(answer.label_annotations),
        logos=tuple([_logo(one, page[1] if page else 0) for one in answer.logo_annotations]),
        landmarks=_scored(answer.landmark_annotations),
        web=_scored(answer.web_detection.web_entities[: 2 * MAX_ENTITIES])[:MAX_ENTITIES],
        unsafe=_unsafe(answer.safe_search_annotation) if answer.HasField("safe_search_annotation") else (),
    )


def _scored(annotations: Any) -> tuple[Scored, ...]:
    """Some entities have an identity and no name."""
    return tuple([Scored(name, round(one.score, 4)) for one in annotations if (name := one.description)])


def _logo(annotation: Any, page_height: float) -> Logo:
    """Without a text there is no page, and so no height of the picture."""
    ys = [corner.y for corner in annotation.bounding_poly.vertices] if page_height else []
    height = round((max(ys) - min(ys)) / page_height, 4) if ys else 0.0
    return Logo(annotation.description, round(annotation.score, 4), height)


def _unsafe(found: Any) -> tuple[str, ...]:
    """What is likely or very likely."""
    return tuple([name for name in _SAFE_SEARCH if getattr(found, name) >= _LIKELY])


def _page(answer: Any) -> tuple[float, float, float]:
    """The picture's width and height in pixels and the confidence; without a page, the extent of the text."""
    pages = answer.full_text_annotation.pages
    if pages and pages[0].width and pages[0].height:
        return pages[0].width, pages[0].height, round(pages[0].confidence, 4)
    corners = answer.text_annotations[0].bounding_poly.vertices
    return (
        max((corner.x for corner in corners), default=0) or 1,
        max((corner.y for corner in corners), default=0) or 1,
        0.0,
    )


def _lines(
    text: str, words: Sequence[Any], width: float, height: float, confidence: float
) -> Iterator[TextLine]:
    """The lines of the whole text with the boxes of their words, which follow each other as in the text."""
    lines = [line for line in text.split("\n", MAX_LINES)[:MAX_LINES] if line]
    sx, sy = _DIGITS / width, _DIGITS / height
    at, count = 1, len(words)  # the first annotation is the whole text
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        end = at + line.count(" ") + 1
        # As many words as blanks part, if the next line begins with the word after them.
        if end != count and (end > count or not following.startswith(words[end].description)):
            end = _counted(line, words, at, count)
        if end > at:
            yield _line(line, words[at], words[end - 1], sx, sy, confidence)
        at = end


def _counted(line: str, words: Sequence[Any], at: int, count: int) -> int:
    """The index after the line's last word, by its letters: "(555)" is three words to Vision, a line of
    Chinese is many."""
    letters = len(line) - line.count(" ")
    while letters > 0 and at < count:
        letters -= len(words[at].description)
        at += 1
    return at


def _line(text: str, first: Any, last: Any, sx: float, sy: float, confidence: float) -> TextLine:
    """Corners go around from the text's own upper left: a line is as high as its first word's left side is
    long, whether the picture stands upright or lies on its side."""
    corners = first.bounding_poly.vertices
    try:
        upper, lower, far = corners[0], corners[3], last.bounding_poly.vertices[2]
    except IndexError:
        return TextLine(text, 0.0, 0.0, 0.0, 0.0, confidence)
    x, y, end_x, low_y = upper.x, upper.y, far.x, lower.y
    size = (low_y - y) * sy
    if size <= 0 or end_x <= x:
        size = max(abs(size), abs(lower.x - x) * sx)
        x, end_x, y = min(x, end_x), max(x, end_x), min(y, far.y)
    return TextLine(
        text,
        int(x * sx) / _DIGITS,
        int(y * sy) / _DIGITS,
        int((end_x - x) * sx) / _DIGITS,
        int(size) / _DIGITS,
        confidence,
    )
