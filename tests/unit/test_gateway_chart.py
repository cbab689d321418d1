"""The chart of a batch's rate."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.pages.chart import chart_of

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)


def row(number: int, rate: float, failed: float = 0.0) -> dict[str, Any]:
    return {"number": number, "seconds": 20, "began": BEGAN, "rate": rate, "failed": failed}


def test_columns_without_a_row_are_empty_and_the_peak_is_full() -> None:
    chart = chart_of([row(0, 30.0), row(2, 60.0, 15.0)])
    assert chart is not None
    assert (chart.seconds, chart.peak) == (20, 60.0)
    assert [(column.rate, column.height, column.failed_height) for column in chart.columns] == [
        (30.0, 50.0, 0.0),
        (0.0, 0.0, 0.0),
        (60.0, 100.0, 25.0),
    ]
    assert [column.at - BEGAN for column in chart.columns] == [timedelta(seconds=20 * n) for n in range(3)]


def test_a_single_column_is_no_chart() -> None:
    assert chart_of([]) is None
    assert chart_of([row(0, 5.0)]) is None


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1)), min_size=2, max_size=90))
def test_no_column_leaves_the_chart(rates: list[tuple[float, float]]) -> None:
    chart = chart_of([row(number, rate, rate * part) for number, (rate, part) in enumerate(rates)])
    assert chart is not None
    assert all(0 <= column.failed_height <= column.height <= 100 for column in chart.columns)
