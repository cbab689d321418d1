"""What the fake says of an image: about 7 KB that depend on nothing but the image's bytes and the features
asked for. The long, equal parts are serialised once; an answer joins them to the few that are its own."""

from collections.abc import Iterable
from functools import lru_cache

from google.cloud import vision_v1 as vision
from google.protobuf.message import Message

from tests.fakes.truth import Truth, extract, truth_of

Feature = vision.Feature.Type
WIDTH, HEIGHT = 1200, 900
MAX_IMAGE_BYTES = 20 * 1024**2
_TEXT = (int(Feature.TEXT_DETECTION), int(Feature.DOCUMENT_TEXT_DETECTION))
_MAGIC = (b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")
# Field numbers of AnnotateImageResponse and of BatchAnnotateImagesResponse (google/cloud/vision/v1).
_LANDMARK, _LOGO, _LABEL, _TEXTS, _SAFE, _ERROR, _FULL_TEXT, _WEB = 2, 3, 4, 5, 6, 9, 12, 13
_DESCRIPTION = 3  # of EntityAnnotation
_ENTITY = vision.EntityAnnotation.pb()
_STORE_LABELS = "Storefront,Building,Signage,Retail,Facade,Shop,Advertising,Street,Window,Brand"
_OTHER_LABELS = "Landscape,Sky,Mountain,Cloud,Nature,Grassland,Horizon,Wilderness,Hill,Tree"
_SMALL_PRINT = (
    "Open Monday to Friday from 9:00 to 18:30",
    "Saturday 10:00 to 16:00 and closed on Sunday",
    "Free parking behind the house for our guests",
    "We accept all major cards and gift vouchers",
    "Please ring the bell when the door is locked",
    "Family owned and proudly serving this town since 1974",
    "Ask inside for delivery and for our weekly offers",
    "No smoking and no dogs beyond this point thank you",
    "Emergency exit to the left of the main entrance",
    "This building is under video surveillance day and night",
    "Gift cards and loyalty stamps are available at the counter",
    "Children are welcome when they are with an adult",
    "Returns within thirty days with the receipt only",
    "Follow the blue arrows to reach the second entrance",
)


def undecodable(content: bytes) -> bool:
    """Whether Vision would say "Bad image data." Looks at both ends only: decoding costs milliseconds."""
    if content.startswith(b"\xff\xd8\xff"):
        return b"\xff\xd9" not in content[-4096:]
    return len(content) < 32 or not content.startswith(_MAGIC)


def answer(content: bytes, digest: bytes, features: Iterable[int]) -> bytes:
    """A serialised AnnotateImageResponse with just the `features` asked for."""
    truth = extract(content) or truth_of(int.from_bytes(digest[:4], "big"))
    asked = set(features)
    parts = []
    if Feature.LOGO_DETECTION in asked and truth.is_store and digest[4] % 4 == 0:
        parts.append(_field(_LOGO, _entity(truth.name, (40, 40, 300, 300), score=0.71)))
    if Feature.LABEL_DETECTION in asked:
        parts.append(_LABELS[truth.is_store][digest[5] % 4])
    if asked.intersection(_TEXT) and truth.is_store:
        parts += _text(truth, digest[6] % len(_PRINTS))
    if Feature.LANDMARK_DETECTION in asked and not truth.is_store and digest[4] % 4 == 0:
        parts.append(_LANDMARK_SEEN)
    if Feature.SAFE_SEARCH_DETECTION in asked:
        parts.append(_ALL_SAFE)
    if Feature.WEB_DETECTION in asked:
        parts.append(_ON_THE_WEB[truth.is_store])
    return b"".join(parts)


def failure(code: int, message: str) -> bytes:
    """A serialised AnnotateImageResponse that is only an error (google.rpc.Status)."""
    return _field(_ERROR, b"\x08" + _varint(code) + _field(2, message.encode()))


def reply(answers: Iterable[bytes]) -> bytes:
    """A serialised BatchAnnotateImagesResponse."""
    return b"".join(_field(1, one) for one in answers)


def _text(truth: Truth, variant: int) -> list[bytes]:
    print_text, print_words = _PRINTS[variant]
    lines = [(truth.name, 80, 130), (truth.phone, 260, 70)] if truth.phone else [(truth.name, 80, 130)]
    text = "\n".join([line for line, _, _ in lines] + [print_text])
    words = [_words(line, top, height) for line, top, height in lines]
    full = _PAGE + _field(2, text.encode())
    whole = _WHOLE + _field(_DESCRIPTION, text.encode())
    return [_field(_TEXTS, whole), *words, print_words, _field(_FULL_TEXT, full)]


def _words(line: str, top: int, height: int) -> bytes:
    """The words of one line from left to right, each in its box, as Vision gives them."""
    found, left, step = [], 60, min(height * 0.55, 1080 / max(len(line), 1))
    for word in line.split():
        right = left + int(step * len(word))
        found.append(_field(_TEXTS, _entity(word, (left, top, right, top + height))))
        left = right + int(step)
    return b"".join(found)


@lru_cache(maxsize=8192)
def _entity(description: str, box: tuple[int, int, int, int] | None, score: float = 0.0) -> bytes:
    entity = _ENTITY(description=description, score=score)
    if box:
        entity.bounding_poly.CopyFrom(_box(*box))
    return _bytes(entity)


def _box(left: int, top: int, right: int, bottom: int) -> Message:
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return vision.BoundingPoly.pb()(vertices=[{"x": x, "y": y} for x, y in corners])


def _bytes(message: Message) -> bytes:
    serialised: bytes = message.SerializeToString()
    return serialised


def _field(number: int, payload: bytes) -> bytes:
    """One length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _print(variant: int) -> tuple[str, bytes]:
    lines = _SMALL_PRINT[variant:] + _SMALL_PRINT[:variant]
    boxes = [_words(line, 360 + 36 * row, 22) for row, line in enumerate(lines)]
    return "\n".join(lines), b"".join(boxes)


def _labels(names: str, variant: int) -> bytes:
    turned = names.split(",")[variant:] + names.split(",")[:variant]
    scored = [_entity(name, None, round(0.97 - 0.04 * rank, 2)) for rank, name in enumerate(turned)]
    return b"".join(_field(_LABEL, entity) for entity in scored)


def _web(entities: str) -> bytes:
    detection = vision.WebDetection.pb()()
    for rank, name in enumerate(entities.split(",")):
        detection.web_entities.add(
            entity_id=f"/m/{rank:05x}", score=round(0.9 - 0.07 * rank, 4), description=name
        )
    detection.best_guess_labels.add(label=entities.partition(",")[0].lower(), language_code="en")
    for page in range(3):
        detection.visually_similar_images.add(url=f"https://pictures.example/{page}/picture.jpg")
    return _field(_WEB, _bytes(detection))


_ON_THE_WEB = {
    True: _web("Retail,Facade,Signage,Shopping,Street,Interior Design Services"),
    False: _web("Landscape,Mountain,Nature reserve,Tourism,Hill station"),
}
_LANDMARK_SEEN = _field(_LANDMARK, _entity("Old Mill Pass", (300, 200, 900, 700), score=0.62))
_ALL_SAFE = _field(
    _SAFE, _bytes(vision.SafeSearchAnnotation.pb()(adult=1, spoof=1, medical=1, violence=1, racy=2))
)
_WHOLE = _bytes(_ENTITY(locale="en", bounding_poly=_box(60, 80, 1100, 860)))
_PAGE = _field(1, _bytes(vision.Page.pb()(width=WIDTH, height=HEIGHT, confidence=0.97)))
_PRINTS = [_print(variant) for variant in range(len(_SMALL_PRINT))]
_LABELS = {
    True: [_labels(_STORE_LABELS, variant) for variant in range(4)],
    False: [_labels(_OTHER_LABELS, variant) for variant in range(4)],
}
