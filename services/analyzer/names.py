"""The name of a shop: what its sign says in its largest writing, or a logo."""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter

import msgspec

from services.analyzer.analysis import Analysis, Logo, TextLine
from services.analyzer.contacts import Contact
from services.analyzer.likeness import Likeness, letters, likeness
from services.analyzer.namelike import as_name, as_part, tidy
from services.analyzer.vocabulary import ARTICLES, JOINING, TRADES

MAX_NAME = 80
_MIN_LOGO_SCORE = 0.5
# How much smaller a line's letters may be and still belong to the name.
_SAME_SIZE, _SAME_BOX = 0.72, 0.8
# A trade alone ("BAKERY") is not yet a name: then a neighbour of half its size may be the rest of it.
_NEIGHBOUR = 0.45
_GAP = 0.8  # between the lines of one name, in sizes of their letters
_FAR = 1.6  # where the upper or the lower one is not the whole name: "Smith &"
_CONSIDERED = 6  # the largest lines; the name of a shop is not its seventh largest writing
# Local recognition reads stripes and bricks as large letters, with a confidence of 0.60 to 0.75; of 130 lines
# that were writing the lowest had 0.89. 0 is none given.
_SURE = 0.8
_UNKNOWN = 0.9  # for a line whose confidence is not given
_HOOKED = re.compile("[gjpqyQ,;()\u00e7\u0105\u0119\u015f]|[^\u0000-\u052f]").search
# Capitals with something above them. What is not Latin, Greek or Cyrillic fills its box.
_ACCENTED = re.compile(
    "[\u00c0-\u00dd\u0106\u010c\u0118\u0130\u0143\u015a\u015e\u0160\u0179\u017b\u017d]|[^\u0000-\u052f]"
).search
_FROM_RIGHT = re.compile("[\u0590-\u08ff]").search  # Hebrew, Arabic and their neighbours
_CAPITAL = 0.7  # the height of a capital beside that of one with an accent and a hook
_LARGER = 2.0  # than the sign's letters must a logo be that says something else
_CONFIRMED = 0.5  # of the doubt that is left when a logo or an entity says the same


class Name(msgspec.Struct, frozen=True, gc=False):
    """`confidence` (0..1) that the shop is called so; `height` of the writing, in fractions of the picture;
    `why` says where it stands, in a few words."""

    value: str
    confidence: float
    height: float
    why: str


def store_name(seen: Analysis, contacts: Sequence[Contact]) -> Name | None:
    """What the sign says; a logo that is sure, and larger or the fuller form of that; None if nothing there
    can be a name. The web's entities only tell which of the things that can be read is the name."""
    entities = _named_entities(seen)
    sign = sign_name(seen.lines, contacts, {name.casefold() for name in entities})
    for logo in seen.logos:
        if logo.score >= _MIN_LOGO_SCORE and (name := tidy(logo.name)):
            with_logo = _with_logo(sign, logo, name)
            if with_logo is not sign:
                return with_logo
    for entity in entities if sign else ():
        if confirmed := sign and _confirmed(sign, entity, "a web entity", seen.text):
            return confirmed
    return sign


def _named_entities(seen: Analysis) -> list[str]:
    """The web's entities that may be names: what is a label, too, or a trade, is a kind of thing."""
    labels = {label.name for label in seen.labels}
    return [
        tidy(entity.name) for entity in seen.web if entity.name not in labels and not _is_trade(entity.name)
    ]


def _with_logo(sign: Name | None, logo: Logo, name: str) -> Name:
    """A small logo that says something else belongs to what the shop sells."""
    if sign is None:
        return Name(name[:MAX_NAME], round(logo.score, 2), logo.height, "logo")
    if confirmed := _confirmed(sign, name, "a logo"):
        return confirmed
    if logo.height and logo.height < _LARGER * sign.height:
        return sign
    return Name(name[:MAX_NAME], round(logo.score, 2), logo.height, "logo")


def _confirmed(sign: Name, other: str, by: str, text: str | None = None) -> Name | None:
    """The sign's own writing where it says all that the other says; else the other's spelling or fuller form.
    `text`: where all of a fuller form must stand, if it must."""
    match likeness(sign.value, other):
        case Likeness.NONE:
            return None
        case Likeness.SAME:
            value = sign.value
        case Likeness.PART if text is not None and not _stands_in(other, text):
            return None
        case Likeness.MISREAD | Likeness.PART:
            value = other
    doubt = _CONFIRMED * (1 - sign.confidence)
    return Name(value[:MAX_NAME], round(1 - doubt, 2), sign.height, f"{sign.why}, {by} agrees")


def _stands_in(name: str, text: str) -> bool:
    return set(letters(name).split()) <= set(letters(text).split())


def sign_name(
    lines: Sequence[TextLine], contacts: Sequence[Contact], known: Collection[str] = ()
) -> Name | None:
    """The largest line that can be a name, or one that is `known` (in small letters), with its neighbours of
    the same size, in reading order. Lines that were hardly read come last."""
    highest = sorted(lines, key=attrgetter("height"), reverse=True)[: _CONSIDERED + 2]
    ranked = sorted(highest, key=_rank)[:_CONSIDERED]
    if known:
        ranked.sort(key=lambda line: line.text.casefold() not in known)
    for rank, largest in enumerate(ranked):
        if name := as_name(largest.text, contacts):
            group = _with_neighbours(largest, name, ranked[:rank] + ranked[rank + 1 :], contacts)
            value = " ".join(dict.fromkeys(group.values()))[:MAX_NAME].rstrip()
            return Name(value, _sureness(group, ranked, rank), largest.height, "the largest writing")
    return None


def _rank(line: TextLine) -> float:
    """Sizes are below 2, so that a line hardly read comes after all others."""
    return 2 - _size(line) if 0 < line.confidence < _SURE else -_size(line)


def _size(line: TextLine) -> float:
    """How large the letters are, which a box tells only with what they are: one around "Cocoa" is as high as
    its capital, one around "Öffnung" has points above and a hook below. In fractions of the picture, as high
    as a capital with an accent and a hook would be."""
    text = line.text
    above = 0.0 if text.isascii() or not _ACCENTED(text) else 0.12
    return line.height / (_CAPITAL + above + (0.18 if _HOOKED(text) else 0.0))


def _sureness(group: dict[TextLine, str], ranked: Sequence[TextLine], rank: int) -> float:
    """How surely the lines were read, less where others are as large, or where larger ones had to be passed
    over."""
    read = min(line.confidence or _UNKNOWN for line in group)
    largest = max(line.height for line in group)
    others = max((line.height for line in ranked[rank:] if line not in group), default=0.0)
    stands_out = 0.85 if others > _SAME_BOX * largest else 1.0
    return round(read * stands_out * 0.95**rank, 2)


def _with_neighbours(
    largest: TextLine, name: str, others: Sequence[TextLine], contacts: Sequence[Contact]
) -> dict[TextLine, str]:
    """The name's lines in reading order, with what each gives to it. `others`: lines by size."""
    size = _size(largest)
    names = _named([line for line in others if _same_size(line, largest, size)], contacts)
    if not names and not _is_trade(name):
        return {largest: name}
    names[largest] = name
    group = _connected(largest, names)
    if all(_is_trade(names[line]) for line in group):
        half = [line for line in others if _size(line) >= _NEIGHBOUR * size]
        more = _named(half, contacts)
        group += [
            line for line in more if line not in group and any(_touch(line, one, _GAP) for one in group)
        ][:1]
        names |= more
    return {line: names[line] for line in _reading_order(group)}


def _same_size(line: TextLine, largest: TextLine, size: float) -> bool:
    """By the letters, or by the boxes: some providers give all words of one font boxes of one height. `size`:
    of the largest. Most lines are told apart by their heights, without a look at their letters."""
    if line.height >= _SAME_BOX * largest.height:
        return True
    least = _SAME_SIZE * size
    return line.height >= _CAPITAL * least and _size(line) >= least


def _named(lines: Iterable[TextLine], contacts: Sequence[Contact]) -> dict[TextLine, str]:
    """Those that were surely read and can be parts of a name."""
    sure = (line for line in lines if not 0 < line.confidence < _SURE)
    return {line: name for line in sure if (name := as_part(line.text, contacts))}


@lru_cache(maxsize=4096)  # the web's entities and the trades on signs are the same again and again
def _is_trade(name: str) -> bool:
    return TRADES.issuperset(name.lower().split())


def _connected(start: TextLine, names: dict[TextLine, str]) -> list[TextLine]:
    """`start`, the lines that stand next to it, and the lines that stand next to those."""
    group = [start]
    for line in group:
        group += [one for one in names if one not in group and _belong(line, one, names)]
    return group


def _belong(a: TextLine, b: TextLine, names: dict[TextLine, str]) -> bool:
    upper, lower = (a, b) if a.y <= b.y else (b, a)
    ends, begins = names[upper].casefold().split()[-1], names[lower].casefold().split()[0]
    unfinished = begins in JOINING or ends in JOINING or ends in ARTICLES
    return _touch(a, b, _FAR if unfinished else _GAP)


def _touch(a: TextLine, b: TextLine, gap: float) -> bool:
    most = gap * max(_size(a), _size(b))
    gap_y = max(a.y, b.y) - min(a.y + a.height, b.y + b.height)
    gap_x = max(a.x, b.x) - min(a.x + a.width, b.x + b.width)
    return gap_y <= most and gap_x <= most


def _reading_order(lines: Iterable[TextLine]) -> list[TextLine]:
    """From the top; what overlaps by half its height stands in one row and is read from the left, or from the
    right where it is written so."""
    ordered: list[TextLine] = []
    for line in sorted(lines, key=attrgetter("y", "x")):
        at = len(ordered)
        while at and _same_row(ordered[at - 1], line) and _is_after(ordered[at - 1], line):
            at -= 1
        ordered.insert(at, line)
    return ordered


def _is_after(one: TextLine, other: TextLine) -> bool:
    return one.x < other.x if _FROM_RIGHT(other.text) else one.x > other.x


def _same_row(a: TextLine, b: TextLine) -> bool:
    overlap = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return overlap > 0.5 * min(a.height, b.height)
