"""The name of a shop, from the lines of its sign: the largest writing that can be a name at all."""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from operator import attrgetter

from services.analyzer.analysis import Scored, TextLine
from services.analyzer.contacts import Contact
from services.analyzer.namelike import as_name, tidy
from services.analyzer.vocabulary import TRADES

MAX_NAME = 80
_MIN_LOGO_SCORE = 0.5
# How much smaller a line may be and still belong to the name: boxes of one font differ by their letters'
# ascenders and descenders ("Coffee" against "Supply").
_SAME_SIZE = 0.72
# A trade alone ("BAKERY") is not yet a name: then a neighbour of half its size may be the rest of it.
_NEIGHBOUR = 0.45
_GAP = 0.9  # between the lines of one name, in line heights
_CONSIDERED = 6  # the largest lines; the name of a shop is not its seventh largest writing
# Local recognition reads stripes and bricks as large letters, with a confidence of 0.60 to 0.75; of 130 lines
# that were writing the lowest had 0.89. 0 is none given.
_SURE = 0.8


def store_name(lines: Sequence[TextLine], logos: Iterable[Scored], contacts: Sequence[Contact]) -> str | None:
    """A logo that the provider is sure of, else what the sign says in its largest writing; None if nothing
    there can be a name."""
    for logo in logos:
        if logo.score >= _MIN_LOGO_SCORE and (name := tidy(logo.name)):
            return name[:MAX_NAME]
    return sign_name(lines, contacts)


def sign_name(lines: Sequence[TextLine], contacts: Sequence[Contact]) -> str | None:
    """The largest line that can be a name, with its neighbours of the same size, in reading order. Lines that
    were hardly read come last."""
    ranked = sorted(lines, key=_rank)[:_CONSIDERED]
    for rank, largest in enumerate(ranked):
        if name := as_name(largest.text, contacts):
            return _with_neighbours(largest, name, ranked[rank + 1 :], contacts)[:MAX_NAME].rstrip()
    return None


def _rank(line: TextLine) -> float:
    """Heights are at most 1, so that a line hardly read comes after all others."""
    return 1 - line.height if 0 < line.confidence < _SURE else -line.height


def _with_neighbours(
    largest: TextLine, name: str, smaller: Sequence[TextLine], contacts: Sequence[Contact]
) -> str:
    """`smaller`: the other lines by size."""
    names = _named(smaller, _SAME_SIZE * largest.height, contacts)
    if not names and not _is_trade(name):
        return name
    names[largest] = name
    group = _connected(largest, list(names))
    if all(_is_trade(names[line]) for line in group):
        more = _named(smaller, _NEIGHBOUR * largest.height, contacts)
        group += [line for line in more if line not in group and any(_touch(line, one) for one in group)][:1]
        names |= more
    return " ".join(dict.fromkeys(names[line] for line in _reading_order(group)))


def _named(lines: Sequence[TextLine], least: float, contacts: Sequence[Contact]) -> dict[TextLine, str]:
    """The lines of at least this height that can be names."""
    large = takewhile(lambda line: -_rank(line) >= least, lines)
    return {line: name for line in large if (name := as_name(line.text, contacts))}


def _is_trade(name: str) -> bool:
    return TRADES.issuperset(name.lower().split())


def _connected(start: TextLine, others: list[TextLine]) -> list[TextLine]:
    """`start`, the lines that stand next to it, and the lines that stand next to those."""
    group = [start]
    for line in group:
        group += [other for other in others if other not in group and _touch(line, other)]
    return group


def _touch(a: TextLine, b: TextLine) -> bool:
    most = _GAP * max(a.height, b.height)
    gap_y = max(a.y, b.y) - min(a.y + a.height, b.y + b.height)
    gap_x = max(a.x, b.x) - min(a.x + a.width, b.x + b.width)
    return gap_y <= most and gap_x <= most


def _reading_order(lines: Iterable[TextLine]) -> list[TextLine]:
    """From the top; what overlaps by half its height stands in one row and is read from the left."""
    ordered: list[TextLine] = []
    for line in sorted(lines, key=attrgetter("y", "x")):
        at = len(ordered)
        while at and _same_row(ordered[at - 1], line) and ordered[at - 1].x > line.x:
            at -= 1
        ordered.insert(at, line)
    return ordered


def _same_row(a: TextLine, b: TextLine) -> bool:
    overlap = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return overlap > 0.5 * min(a.height, b.height)
