"""Classes of failed downloads, and the one table that says which of them are tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from services.analyzer.fetch_failure import FetchFailure, of_status, seconds_of
from shared.error_classes import MEANINGS, ErrorClass


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (404, ErrorClass.HTTP_4XX),
        (408, ErrorClass.TIMEOUT),
        (429, ErrorClass.RATE_LIMITED),
        (304, ErrorClass.HTTP_4XX),
        (503, ErrorClass.HTTP_5XX),
        (599, ErrorClass.HTTP_5XX),
    ],
)
def test_a_status_has_its_class(status: int, error_class: ErrorClass) -> None:
    failure = of_status(status, "")
    assert failure.error_class is error_class
    assert failure.again is MEANINGS[error_class].transient


def test_retry_after_is_seconds_or_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=90)
    assert seconds_of("120") == 120
    assert 85 < seconds_of(format_datetime(soon, usegmt=True)) <= 90
    past, last = format_datetime(soon - timedelta(days=1)), "Fri, 31 Dec 9999 23:59:59 -0100"
    for text in ("", "-5", "soon", "1.5", "²", past, last, "9" * 5_000):
        assert 0 <= seconds_of(text) < 1e9
    assert of_status(404, "60").wait == 0, "only who is busy is waited for"


@pytest.mark.parametrize("error_class", ErrorClass)
def test_every_class_is_in_the_table_with_a_sentence_of_advice(error_class: ErrorClass) -> None:
    meaning = MEANINGS[error_class]
    assert meaning.advice.endswith(".")
    assert FetchFailure(error_class, "").again is meaning.transient


def test_the_page_for_users_holds_the_table() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "errors.md").read_text().splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]
    assert rows == [
        [f"`{name}`", f"`{meaning.category}`", "yes" if meaning.transient else "no", meaning.advice]
        for name, meaning in ((name, MEANINGS[name]) for name in ErrorClass)
    ]
