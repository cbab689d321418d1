"""What a model concludes is held against what it read, and comes in the forms of all other columns."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.analysis import Analysis, Judgement
from services.analyzer.columns import Interpretation
from services.analyzer.interpret import document, interpret

TEXT = "KETTLE &\nCRUMB\nMon-Sat 8:00 - 18:00\nTel. 030 901820\nhello@kettle-crumb.example"


def read(text: str = TEXT, region: str = "DE", **said: Any) -> Interpretation:
    usual: dict[str, Any] = {
        "shop": True, "shop_sure": 0.97, "why": "a sign above a door", "sentence": "A bakery.",
        "sentence_sure": 0.9, "name": "Kettle & Crumb", "name_sure": 0.95,
        "contacts": ("030 901820",), "contacts_sure": 0.9, "text_sure": 0.96,
    }  # fmt: skip
    return interpret(Analysis("gemini", text=text, judgement=Judgement(**{**usual, **said})), region)


def test_a_shop_has_its_name_its_contacts_and_the_model_s_sentence() -> None:
    row = read()
    assert (row.store_image, row.store_name) == (True, "Kettle & Crumb")
    assert row.business_contact == "+4930901820"
    assert [contact.value for contact in row.contacts] == ["+4930901820", "hello@kettle-crumb.example"]
    assert (row.image_description, row.text_content) == ("A bakery.", TEXT)
    assert msgspec.structs.astuple(row.evidence) == ("a sign above a door", "read on the sign")
    assert msgspec.structs.astuple(row.confidence) == (0.97, 0.9, 0.95, 0.88, 0.96)


def test_phone_numbers_are_of_the_batch_s_region() -> None:
    assert read("(312) 555-0147", "US", contacts=("(312) 555-0147",)).business_contact == "+13125550147"
    assert read("020 7946 0958", "GB", contacts=("020 7946 0958",)).business_contact == "+442079460958"


@pytest.mark.parametrize("name", ["Otto's Corner", "Kettle & Crumb Bakery", "", None, "Mon-Sat 8:00 - 18:00"])
def test_a_name_that_the_sign_does_not_show_or_that_is_none_is_left_out(name: str | None) -> None:
    row = read(name=name)
    assert (row.store_name, row.evidence.store_name, row.confidence.store_name) == (None, None, None)


@pytest.mark.parametrize("name", ["kettle & crumb", "KETTLE & CRUMB, since 1987"])
def test_case_lines_and_years_do_not_matter(name: str) -> None:
    row = read(TEXT + "\nsince 1987", name=name)
    assert row.store_name is not None
    assert row.store_name.casefold() == "kettle & crumb"


def test_a_contact_that_the_picture_does_not_show_is_left_out() -> None:
    row = read("KETTLE & CRUMB", contacts=("030 901820", "info@kettle.example"))
    assert (row.contacts, row.business_contact, row.confidence.business_contact) == ((), None, None)


def test_contacts_that_it_did_not_name_are_found_in_its_text() -> None:
    row = read(contacts=())
    assert row.business_contact == "+4930901820"
    assert row.confidence.business_contact == 0.94


def test_what_is_no_shop_has_no_name() -> None:
    row = read(shop=False, why="a page of text")
    assert (row.store_image, row.store_name, row.evidence.store_image) == (False, None, "a page of text")


def test_a_picture_without_text_has_none_and_nobody_is_sure_of_it() -> None:
    row = read(" \n", name=None, contacts=())
    assert (row.text_content, row.confidence.text_content) == (None, None)


@pytest.mark.parametrize(("said", "shown"), [("A  shop\non a corner", "A shop on a corner."), ("Ok!", "Ok!")])
def test_the_sentence_is_one_line_and_ends(said: str, shown: str) -> None:
    assert read(sentence=said).image_description == shown


@given(
    st.text(max_size=200), st.text(max_size=60), st.lists(st.text(max_size=40), max_size=5),
    st.floats(0, 1), st.booleans(),
)  # fmt: skip
def test_whatever_it_concludes_nothing_is_invented(
    text: str, name: str, contacts: list[str], sure: float, shop: bool
) -> None:
    row = read(
        text,
        name=name,
        contacts=tuple(contacts),
        shop=shop,
        shop_sure=sure,
        name_sure=sure,
        contacts_sure=sure,
    )
    seen = "".join(filter(str.isalnum, text.casefold()))
    if row.store_name is not None:
        assert "".join(filter(str.isalnum, row.store_name.casefold())) in seen
    for value in msgspec.structs.astuple(row.confidence):
        assert value is None or 0 <= value <= 0.99


def test_the_document_keeps_what_the_model_said_and_others_have_no_such_key() -> None:
    analysis = Analysis("gemini", text="A", judgement=Judgement(False, 0.5, "w", "s", 0.5))
    kept = msgspec.json.decode(document(analysis, interpret(analysis, "US")))
    assert kept["judgement"] == {
        "shop": False,
        "shop_sure": 0.5,
        "why": "w",
        "sentence": "s",
        "sentence_sure": 0.5,
    }
    plain = Analysis("google", text="A")
    assert "judgement" not in msgspec.json.decode(document(plain, interpret(plain, "US")))
