"""Filters: what a query means, what contradicts itself, and their SQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.errors import ValidationError
from services.gateway.filters import Asked, applied, asked_of, filters_of
from services.gateway.json_body import parsed
from shared.error_classes import ErrorClass
from shared.filters import Filters, condition

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ROWS = st.integers(1, 10**9)


def of(**query: str) -> Filters:
    return filters_of(asked_of(query))


def test_a_query_gives_filters_and_nothing_else_of_it_counts() -> None:
    assert of(
        success_only="true", has_contact="1", has_store_name="false", format="csv", page="x"
    ) == Filters(success=True, has_contact=True)
    assert of(failed_only="yes", error_class="DNS", from_row="3", to_row=" 9 ") == Filters(
        success=False, error_class=ErrorClass.DNS, from_row=3, to_row=9
    )
    assert of(success_only="", start_date="", from_row=" ") == Filters()


def test_a_bare_date_is_the_whole_day_in_utc() -> None:
    wanted = of(start_date="2025-11-01", end_date="2025-11-01")
    assert wanted.created_from == datetime(2025, 11, 1, tzinfo=UTC)
    assert wanted.created_to == datetime(2025, 11, 1, 23, 59, 59, 999_999, UTC)


def test_a_time_is_utc_unless_it_says_otherwise() -> None:
    ten = datetime(2025, 11, 1, 10, tzinfo=UTC)
    for text in ("2025-11-01T10:00:00Z", "2025-11-01T10:00:00", "2025-11-01T12:00:00+02:00"):
        assert of(start_date=text).created_from == ten


@pytest.mark.parametrize(
    "query",
    [
        {"success_only": "true", "failed_only": "true"},
        {"success_only": "true", "error_class": "dns"},
        {"success_only": "maybe"},
        {"error_class": "no such"},
        {"from_row": "0"},
        {"from_row": "-1"},
        {"to_row": "1" * 30},
        {"to_row": "²"},
        {"start_date": "yesterday"},
        {"start_date": "2025-13-01"},
        {"end_date": "0001-01-01T00:00:00+14:00"},
        {"end_date": "9999-12-31T23:59:59-14:00"},
        {"start_date": "2025-11-0\0"},
    ],
)
def test_what_makes_no_sense_is_refused_with_the_name_of_its_filter(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        of(**query)
    assert any(name in raised.value.message for name in query)


@given(st.tuples(MOMENTS, MOMENTS), st.tuples(ROWS, ROWS))
def test_ranges_are_refused_exactly_when_they_are_empty(
    times: tuple[datetime, datetime], rows: tuple[int, int]
) -> None:
    query = {
        "start_date": times[0].isoformat(),
        "end_date": times[1].isoformat(),
        "from_row": str(rows[0]),
        "to_row": str(rows[1]),
    }
    if times[0] > times[1] or rows[0] > rows[1]:
        with pytest.raises(ValidationError, match="no row fits"):
            of(**query)
    else:
        wanted = of(**query)
        assert (wanted.created_from, wanted.created_to) == times
        assert (wanted.from_row, wanted.to_row) == rows


ASKED: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "failed_only": st.booleans(),
        "has_store_name": st.booleans(),
        "has_contact": st.booleans(),
        "start_date": MOMENTS.map(datetime.isoformat),
        "error_class": st.sampled_from(ErrorClass).map(str),
        "from_row": ROWS,
    },
)


@given(ASKED)
def test_a_body_and_a_query_mean_the_same(asked: dict[str, Any]) -> None:
    query = {name: str(value) for name, value in asked.items()}
    body = parsed(
        repr(asked).replace("'", '"').replace("True", "true").replace("False", "false").encode(), Asked
    )
    assert filters_of(body) == of(**query)
    assert applied(body) == {name: value for name, value in asked.items() if value is not False}


@given(ASKED, st.integers(1, 9))
def test_the_sql_has_a_parameter_for_each_value_from_the_wanted_number_on(
    asked: dict[str, Any], first: int
) -> None:
    sql, values = condition(of(**{name: str(value) for name, value in asked.items()}), first)
    assert [f"${number}" in sql for number in range(first, first + len(values) + 1)] == [True] * len(
        values
    ) + [False]
    assert sql.count("$") == len(values)


def test_no_filter_is_no_condition() -> None:
    assert condition(Filters(), 1) == ("true", ())
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    wanted = Filters(success=False, created_from=moment, created_to=moment + timedelta(1), has_contact=True)
    sql, values = condition(wanted, 4)
    assert sql == (
        "r.success = $4::boolean and r.created_at >= $5::timestamptz and r.created_at <= $6::timestamptz"
        " and r.business_contact <> ''"
    )
    assert values == (False, moment, moment + timedelta(1))
