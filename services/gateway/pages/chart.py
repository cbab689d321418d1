"""How fast a batch ran, as columns of a chart (pure): the template only draws them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

# Columns at most: each is some pixels wide on a phone, too.
COLUMNS = 90


class Column(NamedTuple):
    """From `at` on; rows a minute; heights in percent of the chart's peak, the failed ones in front."""

    at: datetime
    rate: float
    height: float
    failed_height: float


class Chart(NamedTuple):
    """`seconds` a column; `peak` in rows a minute."""

    columns: list[Column]
    seconds: int
    peak: float


def chart_of(rows: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Of rates_read.sql; columns without a row are 0. None where there is nothing to compare."""
    if len(rows) < 2:
        return None
    began, seconds = rows[0]["began"], rows[0]["seconds"]
    rates = {row["number"]: (row["rate"], row["failed"]) for row in rows}
    peak = max(rate for rate, _ in rates.values())
    columns = []
    for number in range(max(rates) + 1):
        rate, failed = rates.get(number, (0.0, 0.0))
        at = began + timedelta(seconds=seconds * number)
        columns.append(Column(at, rate, _percent(rate, peak), _percent(failed, peak)))
    return Chart(columns, seconds, peak)


def _percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
