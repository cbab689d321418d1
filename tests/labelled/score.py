"""How much of the set is told rightly. A value is right when it is the truth's, to the letter."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.analyzer.analysis import Analysis
from services.analyzer.columns import Interpretation
from services.analyzer.interpret import interpret
from tests.labelled.pictures import Picture

COLUMNS = ("store_image", "store_name", "phone", "mail")


@dataclass(frozen=True)
class Miss:
    """`confidence` is what the interpretation gave the wrong value, where it gave one."""

    picture: Picture
    column: str
    told: str
    true: str
    confidence: float | None


@dataclass(frozen=True)
class Score:
    """`right` of `counted` by column; `shares`: for store_image F1, for the others what is told exactly.
    A name counts for every shop, a phone number and a mail address where there is one or one was told."""

    right: dict[str, int]
    counted: dict[str, int]
    shares: dict[str, float]
    misses: tuple[Miss, ...]


def score(told: Iterable[tuple[Picture, Analysis]]) -> Score:
    right, counted = dict.fromkeys(COLUMNS, 0), dict.fromkeys(COLUMNS, 0)
    misses: list[Miss] = []
    wrong_shops = 0
    for picture, analysis in told:
        read = interpret(analysis, picture.region)
        for column, (said, true) in _columns(picture, read).items():
            if not said and not true:
                continue
            counted[column] += 1
            right[column] += said == true
            if said != true:
                wrong_shops += column == "store_image"
                misses.append(Miss(picture, column, said, true, _confidence(read, column)))
    shares = {column: right[column] / max(1, counted[column]) for column in COLUMNS}
    both = 2 * right["store_image"]
    shares["store_image"] = both / max(1, both + wrong_shops)
    return Score(right, counted, shares, tuple(misses))


def _columns(picture: Picture, read: Interpretation) -> dict[str, tuple[str, str]]:
    """What is said and what is true, by column."""
    truth = picture.truth
    found = {kind: [one.value for one in read.contacts if one.kind == kind] for kind in ("phone", "email")}
    return {
        "store_image": ("shop" if read.store_image else "", "shop" if truth.is_store else ""),
        "store_name": (read.store_name or "", truth.name),
        "phone": (", ".join(found["phone"]), truth.phone),
        "mail": (", ".join(found["email"]), truth.mail),
    }


def _confidence(read: Interpretation, column: str) -> float | None:
    sure = read.confidence
    return {
        "store_image": sure.store_image,
        "store_name": sure.store_name,
    }.get(column, sure.business_contact)
