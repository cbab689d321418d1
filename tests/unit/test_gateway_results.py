"""Where a page of results lies, and cursors."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.errors import ValidationError
from services.gateway.paging import RowNo, cursor_of, parts_of
from services.gateway.results import is_counted, spans_of
from shared.error_classes import ErrorClass
from shared.filters import Filters

CHUNKS = st.lists(st.integers(1, 60), unique=True).map(sorted)


@given(CHUNKS, st.integers(1, 7), st.integers(0, 500))
def test_spans_hold_the_rows_of_the_chunks_and_no_others(chunks: list[int], size: int, least: int) -> None:
    spans = spans_of(chunks, size, least)
    rows = [row for span in spans for row in range(span.first, span.last + 1)]
    whole = [row for n in chunks for row in range((n - 1) * size + 1, n * size + 1)]
    assert rows == [row for row in whole if row >= least]
    assert all(a.last + 1 < b.first for a, b in itertools.pairwise(spans)), "neighbours are joined"


def test_counters_know_status_and_class_only() -> None:
    assert is_counted(Filters())
    assert is_counted(Filters(success=False, error_class=ErrorClass.DNS))
    assert not is_counted(Filters(success=True, has_contact=True))
    assert not is_counted(Filters(to_row=5))


@given(st.tuples(st.integers(0, 2**40), st.text()))
def test_a_cursor_comes_back(parts: tuple[int, str]) -> None:
    assert parts_of(cursor_of(*parts), tuple[int, str]) == parts


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "W10", "!!!!", cursor_of("a"), cursor_of(1, 2), cursor_of(-1), "A" * 9999]
)
def test_what_is_no_cursor_is_refused(cursor: Any) -> None:
    with pytest.raises(ValidationError):
        parts_of(cursor, tuple[RowNo])
