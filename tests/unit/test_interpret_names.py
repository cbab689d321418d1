"""The name is the sign's largest writing that can be a name."""

import pytest

from services.analyzer.analysis import Scored, TextLine
from services.analyzer.contacts import contacts_in
from services.analyzer.names import MAX_NAME, sign_name, store_name

Placed = tuple[str, float, float, float]  # text, y, height, x


def line(text: str, y: float, height: float, x: float = 0.1, confidence: float = 0.98) -> TextLine:
    return TextLine(text, x, y, min(0.9 - x, 0.45 * height * len(text)), height, confidence)


def name_of(*lines: TextLine) -> str | None:
    return sign_name(lines, contacts_in("\n".join(one.text for one in lines), "US"))


def test_the_largest_line_is_the_name() -> None:
    assert name_of(line("Fresh every day", 0.1, 0.06), line("Otto's Corner", 0.2, 0.15)) == "Otto's Corner"


def test_two_lines_of_one_size_are_one_name_in_reading_order() -> None:
    assert name_of(line("Supply Co", 0.3, 0.13), line("Northern", 0.1, 0.15)) == "Northern Supply Co"


def test_pieces_of_one_row_are_read_from_the_left() -> None:
    left, right = line("Golden", 0.21, 0.15, 0.1), line("Gate", 0.2, 0.15, 0.5)
    assert name_of(right, left) == "Golden Gate"


def test_lines_of_one_size_far_apart_are_not_one_name() -> None:
    assert name_of(line("Otto's Corner", 0.1, 0.1), line("Sunday Roast", 0.8, 0.09)) == "Otto's Corner"


def test_a_trade_alone_takes_the_smaller_name_beside_it() -> None:
    assert name_of(line("Lindner & Son", 0.1, 0.09), line("BAKERY", 0.22, 0.18)) == "Lindner & Son BAKERY"


@pytest.mark.parametrize(
    "text",
    [
        "(415) 555-0132",
        "Tel. 415-555-0132",
        "OPEN",
        "We're open",
        "OPEN 24 HOURS",
        "Mon-Fri 9am-5pm",
        "9:00 - 18:00",
        "Sunday closed",
        "50% OFF",
        "Since 1987",
        "Est. 1954",
        "1420 Main Street",
        "Springfield, IL 62704",
        "www.ottos.com",
        "info@ottos.com",
        "Come in and try it!",
        "We bake with love",
        "*** 12 ***",
        "FOR SALE",
    ],
)
def test_large_writing_that_is_no_name_is_passed_over(text: str) -> None:
    assert name_of(line(text, 0.1, 0.2), line("Otto's Corner", 0.4, 0.1)) == "Otto's Corner"
    assert name_of(line(text, 0.1, 0.2)) is None


@pytest.mark.parametrize(
    "name",
    [
        "Sunny Side",
        "24 Hour Fitness",
        "Monday's Child",
        "Café 1900",
        "7 Seas Diner",
        "The Open Book",
        "Exit Records",
    ],
)
def test_names_that_look_like_hours_or_notices_stay_names(name: str) -> None:
    assert name_of(line(name, 0.1, 0.2)) == name


def test_a_phone_number_in_the_name_s_line_is_cut_off() -> None:
    assert name_of(line("Otto's Corner - Tel: (415) 555-0132", 0.1, 0.2)) == "Otto's Corner"


def test_welcome_to_is_no_part_of_the_name() -> None:
    assert name_of(line("Welcome to Otto's Corner", 0.1, 0.2)) == "Otto's Corner"


def test_what_was_hardly_read_is_a_name_only_where_nothing_else_is() -> None:
    stripes = line("mm", 0.0, 0.3, confidence=0.62)
    assert name_of(stripes, line("Otto's Corner", 0.4, 0.1)) == "Otto's Corner"
    assert name_of(line("Otto's Corner", 0.4, 0.1, confidence=0.7)) == "Otto's Corner"


def test_a_name_has_a_bound() -> None:
    assert len(name_of(line("x" * 1000, 0.1, 0.2)) or "") == MAX_NAME


def test_an_unsure_logo_is_no_name() -> None:
    lines = [line("Otto's Corner", 0.1, 0.2)]
    assert store_name(lines, [Scored("Cola", 0.2)], ()) == "Otto's Corner"
    assert store_name(lines, [Scored("Cola", 0.9)], ()) == "Cola"
