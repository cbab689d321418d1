"""Priorities and their weights."""

import pytest

from services.gateway.errors import ValidationError
from services.gateway.priority import WEIGHTS, Priority, priority_named, priority_of


def test_every_priority_is_told_by_its_weight_and_its_name() -> None:
    for priority in Priority:
        assert priority_of(WEIGHTS[priority]) is priority
        assert priority_named(priority.upper()) is priority
    assert WEIGHTS[Priority.LOW] < WEIGHTS[Priority.NORMAL] < WEIGHTS[Priority.HIGH]


def test_a_weight_between_two_counts_as_the_lower() -> None:
    assert [priority_of(weight) for weight in (1, 2, 8, 100)] == ["low", "low", "normal", "high"]


def test_another_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValidationError, match="low, normal, high, not 'urgent'"):
        priority_named("urgent")
