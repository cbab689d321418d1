"""What Vision would say of the set's pictures, as messages of its API with all kinds of annotations: made
from the truth, with the noise of real answers. Boxes are a few percent off, words are cut at punctuation,
small print may come first, labels leave the question open or contradict each other, logos are of goods,
entities are general, letters are misread."""

import random
import re
from typing import Any

from google.cloud import vision_v1 as vision

from tests.labelled.draw import Corner, Look, Placed, placed, seen
from tests.labelled.pictures import Picture

_Answer = vision.AnnotateImageResponse.pb()
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|[^\w\s]|_")
_OFF = 0.04  # of a box's height
_MISREAD = {"o": "0", "l": "1", "i": "l", "e": "c", "a": "o", "n": "h", "S": "5", "B": "8"}
_STORE = (
    "Store",
    "Retail",
    "Storefront",
    "Shopping",
    "Convenience store",
    "Restaurant",
    "Bakery",
    "Outlet store",
)
_OPEN = (
    "Font",
    "Building",
    "Facade",
    "Signage",
    "Window",
    "Advertising",
    "Banner",
    "Electronic signage",
    "Brand",
    "Sign",
)
_AROUND = (
    "Street",
    "Sky",
    "Door",
    "Brick",
    "City",
    "Tree",
    "Shade",
    "Wood",
    "Rectangle",
    "Tints and shades",
    "Glass",
)
_LABELS = {
    "letter": (
        ("Document", "Paper", "Font", "Publication", "Handwriting"),
        ("Number", "Rectangle", "Screenshot"),
    ),
    "receipt": (("Receipt", "Paper", "Font"), ("Document", "Number", "Material property", "Bill")),
    "menu": (("Menu", "Font", "Publication"), ("Paper", "Restaurant", "Document", "Number")),
    "chart": (("Plot", "Diagram", "Font", "Number"), ("Slope", "Parallel", "Rectangle", "Screenshot")),
    "notice": (("Traffic sign", "Signage", "Font"), ("Street sign", "Sign", "Number", "Street", "Building")),
    "scenery": (
        ("Sky", "Mountain", "Natural landscape"),
        ("Cloud", "Grassland", "Highland", "Hill", "Horizon"),
    ),
    "captioned": (("Landscape", "Sky", "Hill"), ("Font", "Cloud", "Nature", "Grassland")),
    "code": (("Font", "Screenshot", "Software"), ("Document", "Number", "Parallel")),
    "slide": (("Font", "Document", "Screenshot"), ("Rectangle", "Number", "Publication")),
}
_GOODS = ("Coca-Cola", "Visa", "Nestl\u00e9", "Heineken", "Lavazza", "DHL")
_GENERAL = (
    "Retail",
    "Shopping",
    "Signage",
    "Facade",
    "Product",
    "Food",
    "Advertising",
    "Logo",
    "Brand",
    "Interior Design",
)
_WILD = ("Mountain range", "Nature reserve", "Tourism", "Photography", "Hill station")
_PRINT = ("P", "Pull", "VISA", "No smoking", "EXIT", "20", "WiFi")


def answer_for(picture: Picture) -> Any:
    """An AnnotateImageResponse (raw protobuf), the same each time."""
    rng, look = random.Random(f"vision {picture.seed}"), Look(picture)
    answer = _Answer()
    _text(answer, picture, [(one, seen(one.box, picture, look)) for one in placed(picture, look)], rng)
    _labels(answer, picture, rng)
    _logos(answer, picture, rng)
    _web(answer, picture, rng)
    if not picture.truth.is_store and rng.random() < 0.2 and picture.kind == "scenery":
        answer.landmark_annotations.add(description="Kestrel Ridge", score=round(rng.uniform(0.4, 0.9), 4))
    safe = answer.safe_search_annotation
    safe.adult, safe.spoof, safe.medical, safe.violence = (rng.choice((1, 1, 1, 2)) for _ in range(4))
    safe.racy = rng.choice((1, 1, 2, 3))
    return answer


def _text(
    answer: Any, picture: Picture, lines: list[tuple[Placed, list[Corner]]], rng: random.Random
) -> None:
    w, h = picture.size
    # The lines of a name keep together; what else stands on the sign is a block of its own.
    small = [one for one in lines if one[0].written.role == "small"]
    if picture.truth.is_store and rng.random() < 0.25:
        lines = [*small, *(one for one in lines if one not in small)]
    told = [(_read(one.written.text, one.written.role, rng), corners) for one, corners in lines]
    if picture.truth.is_store and rng.random() < 0.3:
        x, y, size = rng.uniform(0.1, 0.7) * w, 0.93 * h, 0.03 * h
        told.append(
            (rng.choice(_PRINT), [(x, y), (x + 2 * size, y), (x + 2 * size, y + size), (x, y + size)])
        )
    if not told:
        return
    whole = answer.text_annotations.add(locale="en", description="\n".join(text for text, _ in told))
    xs, ys = zip(*(corner for _, corners in told for corner in corners), strict=True)
    _box(whole, [(min(xs), min(ys)), (max(xs), min(ys)), (max(xs), max(ys)), (min(xs), max(ys))])
    for text, corners in told:
        _words(answer, text, corners, rng)
    page = answer.full_text_annotation.pages.add(
        width=w, height=h, confidence=round(rng.uniform(0.88, 0.99), 4)
    )
    page.property.detected_languages.add(language_code="en", confidence=0.8)
    answer.full_text_annotation.text = whole.description


def _read(text: str, role: str, rng: random.Random) -> str:
    """One line in forty has a letter wrong; numbers and addresses are read as well as names."""
    if rng.random() < 0.975 or role == "page":
        return text
    at = [n for n, letter in enumerate(text) if letter in _MISREAD]
    if not at:
        return text
    wrong = rng.choice(at)
    return text[:wrong] + _MISREAD[text[wrong]] + text[wrong + 1 :]


def _words(answer: Any, text: str, corners: list[Corner], rng: random.Random) -> None:
    """Each word's part of the line's box, as long as its letters."""
    left, right, low_right, low_left = corners
    off = _OFF * abs(low_left[1] - left[1])
    for word in _WORD.finditer(text):
        one = answer.text_annotations.add(description=word[0])
        start, end = word.start() / len(text), word.end() / len(text)
        box = [_between(left, right, at) for at in (start, end)]
        box += [_between(low_left, low_right, at) for at in (end, start)]
        _box(one, [(x + rng.uniform(-off, off), y + rng.uniform(-off, off)) for x, y in box])


def _between(a: Corner, b: Corner, at: float) -> Corner:
    return a[0] + (b[0] - a[0]) * at, a[1] + (b[1] - a[1]) * at


def _box(annotation: Any, corners: list[Corner]) -> None:
    for x, y in corners:
        annotation.bounding_poly.vertices.add(x=max(0, round(x)), y=max(0, round(y)))


def _labels(answer: Any, picture: Picture, rng: random.Random) -> None:
    """The surest first. One shop in six gets no label of a shop, one in twelve one of paper as well."""
    if picture.truth.is_store:
        sure = [*rng.sample(_OPEN, 4), *(rng.sample(_STORE, 2) if rng.random() < 0.84 else ())]
        more = [*rng.sample(_AROUND, 4), *(("Paper",) if rng.random() < 0.08 else ())]
    else:
        kind = picture.kind.split()[0]
        first, second = _LABELS[kind]
        sure, more = list(first), rng.sample(second, min(3, len(second)))
    rng.shuffle(sure)
    rng.shuffle(more)
    score = rng.uniform(0.9, 0.98)
    for name in (sure + more)[:10]:
        answer.label_annotations.add(
            mid="/m/0", description=name, score=round(score, 6), topicality=round(score, 6)
        )
        score -= rng.uniform(0.01, 0.07)


def _logos(answer: Any, picture: Picture, rng: random.Random) -> None:
    """Of one shop in six, its own; of one in eight, that of something it sells, which is small."""
    w, h = picture.size
    if not picture.truth.is_store:
        return
    chance = rng.random()
    if chance < 0.16:
        name, height, score = picture.truth.name, 0.2, rng.uniform(0.5, 0.95)
    elif chance < 0.28:
        name, height, score = rng.choice(_GOODS), 0.05, rng.uniform(0.4, 0.9)
    else:
        return
    logo = answer.logo_annotations.add(mid="/m/1", description=name, score=round(score, 6))
    _box(
        logo,
        [
            (0.1 * w, 0.1 * h),
            (0.4 * w, 0.1 * h),
            (0.4 * w, (0.1 + height) * h),
            (0.1 * w, (0.1 + height) * h),
        ],
    )


def _web(answer: Any, picture: Picture, rng: random.Random) -> None:
    """General words mostly; of one shop in five its name, in the web's spelling."""
    names = rng.sample(_GENERAL if picture.truth.is_store else _WILD, 5)
    if picture.truth.is_store and rng.random() < 0.2:
        names.insert(
            rng.randrange(4), picture.truth.name.title() if rng.random() < 0.3 else picture.truth.name
        )
    score = rng.uniform(0.6, 1.4)
    for name in names:
        answer.web_detection.web_entities.add(entity_id="/m/2", score=round(score, 6), description=name)
        score *= rng.uniform(0.6, 0.95)
    answer.web_detection.web_entities.add(entity_id="/m/3", score=0.1)
    answer.web_detection.best_guess_labels.add(label=names[0].lower(), language_code="en")
    for page in range(4):
        answer.web_detection.visually_similar_images.add(url=f"https://pictures.example/{page}.jpg")
