"""The labelled set with answers like Vision's: all of it, since no picture is painted for it. With `local` it
takes minutes: tests/faults/test_labelled_local.py, and `python -m tests.bench labelled` lists the misses."""

from functools import cache
from pathlib import Path

import pytest

from services.analyzer.analysis import Analysis
from services.analyzer.providers.google_answers import analysis_of
from tests.labelled.answers import answer_for
from tests.labelled.draw import painted
from tests.labelled.pictures import Picture, pictures
from tests.labelled.score import Score, score

ROOT = Path(__file__).parents[2]


@cache
def told() -> tuple[tuple[Picture, Analysis], ...]:
    answers = ((picture, analysis_of(answer_for(picture), "key")) for picture in pictures())
    return tuple((picture, answer) for picture, answer in answers if isinstance(answer, Analysis))


@cache
def scored() -> Score:
    return score(told())


@pytest.mark.parametrize("column", ["store_image", "store_name", "phone", "mail"])
def test_nineteen_of_twenty_are_told_rightly_from_answers_like_vision_s(column: str) -> None:
    assert scored().shares[column] >= 0.95, [miss for miss in scored().misses if miss.column == column]


def test_a_wrong_name_is_less_sure_than_a_right_one() -> None:
    """So that who sorts by confidence finds the misses early."""
    wrong = [miss.confidence for miss in scored().misses if miss.column == "store_name" and miss.confidence]
    assert sum(wrong) / len(wrong) < 0.95


def test_the_set_has_some_of_everything() -> None:
    shops = [one for one in pictures() if one.truth.is_store]
    assert len(pictures()) >= 300
    assert len(pictures()) - len(shops) >= 90
    assert len({one.kind for one in shops}) >= 12
    assert len({one.truth.name for one in shops}) >= 0.95 * len(shops)
    assert sum(bool(one.truth.phone) for one in shops) >= 150
    assert sum(bool(one.truth.mail) for one in shops) >= 60


def test_the_set_is_always_the_same() -> None:
    assert pictures() == pictures()
    assert answer_for(pictures()[5]) == answer_for(pictures()[5])
    smallest = min(pictures(), key=lambda one: one.size)
    assert painted(smallest) == painted(smallest)


def test_no_name_of_the_set_stands_in_the_code() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
    assert [one.truth.name for one in pictures() if one.truth.name and one.truth.name in code] == []
