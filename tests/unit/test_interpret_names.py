"""The name is the sign's largest writing that can be a name."""

import pytest
from msgspec import structs

from services.analyzer.analysis import Analysis, Logo, Scored, TextLine
from services.analyzer.contacts import contacts_in
from services.analyzer.namelike import as_name
from services.analyzer.names import MAX_NAME, sign_name, store_name

Placed = tuple[str, float, float, float]  # text, y, height, x


def line(text: str, y: float, height: float, x: float = 0.1, confidence: float = 0.98) -> TextLine:
    return TextLine(text, x, y, min(0.9 - x, 0.45 * height * len(text)), height, confidence)


def name_of(*lines: TextLine) -> str | None:
    name = sign_name(lines, contacts_in("\n".join(one.text for one in lines), "US"))
    return name.value if name else None


def named(*lines: TextLine, logos: tuple[Logo, ...] = (), web: tuple[str, ...] = ()) -> str | None:
    text = "\n".join(one.text for one in lines)
    entities = tuple(Scored(name, 0.8) for name in web)
    name = store_name(Analysis("test", text, lines, logos=logos, web=entities), contacts_in(text, "US"))
    return name.value if name else None


def test_the_largest_line_is_the_name() -> None:
    assert name_of(line("Fresh every day", 0.1, 0.06), line("Otto's Corner", 0.2, 0.15)) == "Otto's Corner"


def test_two_lines_of_one_size_are_one_name_in_reading_order() -> None:
    assert name_of(line("Supply Co", 0.3, 0.13), line("Northern", 0.1, 0.15)) == "Northern Supply Co"


def test_pieces_of_one_row_are_read_from_the_left() -> None:
    left, right = line("Golden", 0.21, 0.15, 0.1), line("Gate", 0.2, 0.15, 0.5)
    assert name_of(right, left) == "Golden Gate"


def test_a_letter_or_a_joining_word_in_a_line_of_its_own_belongs_to_the_name() -> None:
    assert name_of(line("U", 0.1, 0.2), line("Otto", 0.32, 0.15)) == "U Otto"
    assert name_of(line("Hart", 0.1, 0.1), line("&", 0.22, 0.09), line("Otto", 0.34, 0.1)) == "Hart & Otto"
    assert name_of(line("Hart and", 0.1, 0.1), line("Otto", 0.34, 0.1)) == "Hart and Otto"
    assert name_of(line("P", 0.8, 0.15), line("Otto", 0.1, 0.15)) == "Otto"


def test_pieces_of_one_row_are_read_from_the_right_where_they_are_written_so() -> None:
    left, right = line("\u05d1\u05d9\u05ea", 0.2, 0.15, 0.1), line("\u05e7\u05e4\u05d4", 0.2, 0.15, 0.35)
    assert name_of(left, right) == "\u05e7\u05e4\u05d4 \u05d1\u05d9\u05ea"


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
        "Photo: A. Nyberg",
        "\u00a9 2024 A. Nyberg",
        "IMG_2041",
        "Ta\u03b2\u0117pva",
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
    assert named(line("Otto's Corner", 0.1, 0.2), logos=(Logo("Cola", 0.2, 0.4),)) == "Otto's Corner"


def test_a_logo_names_the_shop_unless_it_is_smaller_than_the_sign() -> None:
    sign = line("Otto's Corner", 0.1, 0.2)
    assert named(sign, logos=(Logo("Cola", 0.9, 0.4),)) == "Cola"
    assert named(sign, logos=(Logo("Cola", 0.9, 0.1),)) == "Otto's Corner"
    assert named(line("OPEN", 0.1, 0.2), logos=(Logo("Cola", 0.9, 0.1),)) == "Cola"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Otto", "Otto's Corner Bakery"),  # the sign says it all
        ("OTTOS CORNER BAKERY", "Otto's Corner Bakery"),
        ("Otto's Corner Bakery and Café", "Otto's Corner Bakery and Café"),  # its fuller form
        ("Otto's Carner Bakery", "Otto's Carner Bakery"),  # a letter was misread
    ],
)
def test_a_logo_that_agrees_with_the_sign_completes_it(said: str, name: str) -> None:
    assert named(line("Otto's Corner Bakery", 0.1, 0.2), logos=(Logo(said, 0.7, 0.1),)) == name


def test_a_web_entity_tells_which_line_is_the_name_and_adds_none() -> None:
    lines = [line("Sourdough", 0.1, 0.2), line("Otto's", 0.5, 0.1)]
    assert named(*lines) == "Sourdough"
    assert named(*lines, web=("Retail", "otto's")) == "Otto's"
    assert named(*lines, web=("Sourdough Academy",)) == "Sourdough"
    assert named(line("OPEN", 0.1, 0.2), web=("Otto's",)) is None


def test_who_agrees_makes_a_name_surer() -> None:
    seen = Analysis("test", "Otto's", (line("Otto's", 0.1, 0.2, confidence=0.9),))
    alone, backed = store_name(seen, ()), store_name(structs.replace(seen, logos=(Logo("Otto's", 0.9),)), ())
    assert alone
    assert backed
    assert (alone.confidence, backed.confidence) == (0.9, 0.95)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Otto's Corner, since 1954", "Otto's Corner"),
        ("Bäckerei Otto seit 1954", "Bäckerei Otto"),
        ("Otto's Corner | open daily 9-5", "Otto's Corner"),
        ("Otto's Corner - Mon-Fri 9:00-18:00", "Otto's Corner"),
        ("Otto's Corner #1423", "Otto's Corner"),
        ("\u2605 Otto's\u00ae", "\u2605 Otto's"),
    ],
)
def test_hours_years_and_numbers_are_cut_off(text: str, name: str) -> None:
    assert name_of(line(text, 0.1, 0.2)) == name


@pytest.mark.parametrize(
    "text",
    [
        "Geöffnet", "Mo-Fr 9-18 Uhr", "lunes a viernes", "Lun-Sam 9h-19h", "Soldes", "Вход",
        "Hauptstraße 12",
        "12 rue de la Paix", "Calle Mayor 5", "Via Roma 3", "Seit 1950", "Wir backen noch selbst",
        "营业时间", "営業中", "Ежедневно", "ул. Ленина 5", "Bread, cakes & more", "Pan, queso y vino", "Tel.",
        "定休日 日曜",
    ],
)  # fmt: skip
def test_what_names_nobody_is_passed_over_in_other_languages(text: str) -> None:
    assert name_of(line(text, 0.1, 0.2), line("Otto", 0.4, 0.1)) == "Otto"


@pytest.mark.parametrize(
    "name",
    ["The Rising Sun", "Sun & Moon", "The Daily Grind", "Smith, Jones & Partners", "北京烤鸭店",
     "Хлебный дом", "Zum goldenen Hirsch", "Spring 24"],
)  # fmt: skip
def test_names_stay_whole(name: str) -> None:
    assert name_of(line(name, 0.1, 0.2)) == name


def test_of_a_line_that_is_longer_than_any_sign_s_the_beginning_is_read() -> None:
    """The patterns of hours and slogans take the square of a line's length."""
    assert as_name("Otto's Corner " * 30 + "open", ()) == as_name("Otto's Corner " * 30 + "open daily", ())
