"""Contacts are found in the text, in one form, and nothing else is taken for one."""

import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.contacts import MAX_CONTACTS, _as_dialled, contacts_in, plain


def values(text: str, region: str = "US") -> list[str]:
    return [contact.value for contact in contacts_in(text, region)]


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("(415) 555-0132", "US", "+14155550132"),
        ("415.555.0132", "US", "+14155550132"),
        ("415 555 0132", "US", "+14155550132"),
        ("Tel:4155550132", "US", "+14155550132"),
        ("+1 (415) 555-0132", "DE", "+14155550132"),
        ("Call us: 1-800-555-0199!", "US", "+18005550199"),
        ("030/23125042", "DE", "+493023125042"),
        ("Tel. 020 7946 0321", "GB", "+442079460321"),
        ("+44 (0)20 7946 0321", "US", "+442079460321"),
        ("T 01 42 68 53 00", "FR", "+33142685300"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("415\u2013555\u20130132", "US", "+14155550132"),
        ("[415]555-0132", "US", "+14155550132"),  # as local recognition reads it
        ("+44 1632 960123", "US", "+441632960123"),  # of no plan, but with its country
        (
            "\u96fb\u8a71\uff10\uff13\uff0d\uff11\uff12\uff13\uff14\uff0d\uff15\uff16\uff17\uff18",
            "JP",
            "+81312345678",
        ),  # wide
        ("\u7535\u8bdd010-12345678\u8425\u4e1a", "CN", "+861012345678"),  # no blanks
        ("TEL 03\u30fc1234\u30fc5678", "JP", "+81312345678"),  # a long vowel for a dash
        (
            "\u0647\u0627\u062a\u0641 \u0660\u0664-\u0663\u0663\u0660\u0666\u0660\u0660\u0660",
            "AE",
            "+97143306000",
        ),
        ("\u0442\u0435\u043b. 8 (495) 123-45-67", "RU", "+74951234567"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("(800) GO-FEDEXX", "DE", "+18004633339"),
        ("(123) 555-0147", "US", "+11235550147"),  # no such area code, but painted as a phone number
    ],
)
def test_a_phone_number_is_found_however_it_is_painted(text: str, region: str, expected: str) -> None:
    assert values(f"Shop of things\n{text}\nOpen 9:00 - 18:30", region) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 10:15",
        "23.11.2026",
        "9.00-18.30",
        "Mon-Fri 9:00 - 18:00, Sat 10:00 - 16:00",
        "No. 00871",
        "1,234.00 5,678.00",
        "12345678901234567890",
        "A4155550132",
        "Call 555-0188",  # no number without its area
        "Since 1974 - 2024",
        "St.John No.5 a.m. U.S.A. Fresh...daily 3.50 e.g.this",
        "me @ home",
        "Visit us @ the mall. Come in",
        "1-800 ROOMS",
        "OPEN 800-1800 DAILY",
        "@",
    ],
)
def test_what_is_no_contact_is_not_taken_for_one(text: str) -> None:
    assert contacts_in(text, "US") == ()


@pytest.mark.parametrize("between", [" / ", "/", " ", "  ", " - ", " or ", ", "])
def test_two_numbers_in_a_line_are_two(between: str) -> None:
    assert values(f"(415) 555-0132{between}(415) 555-0133") == ["+14155550132", "+14155550133"]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("INFO@SHOP.COM", "email", "info@shop.com"),
        ("Email:a.b+c@shop-of.co.uk,", "email", "a.b+c@shop-of.co.uk"),
        ("info@ shop. com", "email", "info@shop.com"),
        ("邮箱info@shop.cn电话", "email", "info@shop.cn"),
        ("欢迎www.shop.cn光临", "web", "www.shop.cn"),
        ("www. shop.com", "web", "www.shop.com"),
        ("www.Bäcker-Otto.de", "web", "www.bäcker-otto.de"),
        ("хлеб.рф", "web", "хлеб.рф"),
        ("www.Shop.com", "web", "www.shop.com"),
        ("https://shop.de/Menu/", "web", "shop.de/Menu"),
        ("Web:shop.de", "web", "shop.de"),
        ("SHOP.COM", "web", "shop.com"),
        ("@Blue_Harbor", "social", "@blue_harbor"),
        ("facebook.com/BlueHarbor", "social", "facebook.com/BlueHarbor"),
        ("https://wa.me/14155550132", "social", "wa.me/14155550132"),
    ],
)
def test_an_address_is_found(text: str, kind: str, value: str) -> None:
    found = contacts_in(f"Shop {text} and more", "US")
    assert (kind, value) in [(contact.kind, contact.value) for contact in found]


def test_a_number_is_told_in_its_country_s_form_too() -> None:
    (found,) = contacts_in("+49 30 23125042", "US")
    assert (found.value, found.national, found.confidence) == ("+493023125042", "030 23125042", 0.98)
    (unknown,) = contacts_in("(123) 555-0147", "US")
    assert unknown.confidence < found.confidence


def test_the_best_contact_comes_first() -> None:
    kinds = [c.kind for c in contacts_in("@shop www.shop.com info@shop.com (415) 555-0132", "US")]
    assert kinds == ["phone", "email", "web", "social"]


def test_a_contact_painted_twice_is_one() -> None:
    assert values("(415) 555-0132\n415-555-0132") == ["+14155550132"]


@given(
    st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)),
    st.integers(0, 10),
    st.text("0123456789", max_size=3),
    st.integers(0, 14),
)
def test_digits_that_are_a_number_as_they_stand_are_parsed_to_the_same(
    region: str, kind: int, other: str, at: int
) -> None:
    example = phonenumbers.example_number_for_type(region, kind)
    digits = str(example.national_number) if example else "2125550123"
    digits = digits[:at] + other + digits[at + len(other) :]
    if number := _as_dialled(digits, region):
        assert number == phonenumbers.parse(digits, region)


def test_a_phone_book_gives_a_bounded_list_in_bounded_time() -> None:
    began = time.process_time()
    assert len(values("\n".join(f"(415) 555-{n:04d}" for n in range(10_000)))) == MAX_CONTACTS
    for hostile in (
        "1 " * 50_000,
        "a." * 50_000,
        "a@" * 50_000,
        "1-" * 50_000,
        "(" * 50_000,
        "a.b@c.d " * 20_000,
    ):
        contacts_in(hostile, "US")
    assert time.process_time() - began < 5


@given(st.text() | st.text("0123456789+-()/. @awx\n", max_size=80), st.sampled_from(["US", "DE", "", "xx"]))
def test_any_text_is_read_the_same_each_time(text: str, region: str) -> None:
    found = contacts_in(text, region)
    assert found == contacts_in(text, region)
    assert all(contact.shown in plain(text) for contact in found)


FORMATS = (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@given(
    st.sampled_from(["US", "DE", "GB", "FR", "IT", "BR", "JP", "IN", "AU", "MX"]),
    st.sampled_from(FORMATS),
    st.sampled_from(["", "Tel. ", "Call: ", "\u260e "]),
)
def test_each_country_s_own_example_is_found_in_its_own_writing(region: str, style: int, before: str) -> None:
    number = phonenumbers.example_number(region)
    assert number
    written = phonenumbers.format_number(number, style)
    assert values(f"Shop\n{before}{written}\n", region) == [
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    ]


@given(st.integers(2_000_000, 9_999_999))
def test_what_was_found_is_found_in_its_own_form(local: int) -> None:
    for contact in contacts_in(f"415{local}", "US"):
        again = contacts_in(contact.value, "DE")
        assert [(one.kind, one.value, one.shown) for one in again] == [
            ("phone", contact.value, contact.value)
        ]
