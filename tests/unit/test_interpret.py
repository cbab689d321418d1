"""From an analysis to the columns of a row: whole pictures, as the providers give them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.analysis import Analysis, Logo, Scored, TextLine
from services.analyzer.interpret import document, interpret

Rows = list[tuple[str, float]]


def picture(rows: Rows, labels: tuple[str, ...] = (), logos: tuple[str, ...] = ()) -> Analysis:
    """Lines from top to bottom: text and height, in fractions of the picture."""
    lines, y = [], 0.05
    for text, height in rows:
        lines.append(TextLine(text, 0.1, y, min(0.8, 0.5 * height * len(text)), height, 0.98))
        y += 1.4 * height
    return Analysis(
        provider="test",
        text="\n".join(text for text, _ in rows),
        lines=tuple(lines),
        labels=tuple(Scored(name, 0.9 - 0.01 * rank) for rank, name in enumerate(labels)),
        logos=tuple(Logo(name, 0.8) for name in logos),
    )


SIGN: Rows = [("Kettle & Crumb", 0.2), ("Mon-Sat 8:00 - 18:00", 0.06), ("Tel. (312) 555-0147", 0.08)]
LETTER: Rows = [("Annual meeting of the members", 0.05)] + [
    (f"In the {n}. paragraph the board says what was done", 0.025) for n in range(12)
]
RECEIPT: Rows = [
    ("MINI MARKT", 0.05),
    *((text, 0.03) for text in ("Milk 1.20", "Bread 2.40", "Eggs 3.10")),
    ("TOTAL 6.70", 0.04),
    ("Thank you", 0.03),
]
CHART: Rows = [
    ("Visitors per day", 0.07),
    *((text, 0.04) for text in ("0", "50", "100", "150", "Mon", "Tue", "Wed", "Thu")),
]
MENU: Rows = [("MENU", 0.09), *((f"Soup {n} ${n}.50", 0.05) for n in range(5))]
SLIDE: Rows = [("Goals", 0.12)] + [(f"we will do the {n}. thing until the summer", 0.05) for n in range(7)]


def test_a_shop_sign_gives_its_name_its_best_contact_and_a_sentence() -> None:
    read = interpret(picture(SIGN), "US")
    assert read.store_image
    assert read.store_name == "Kettle & Crumb"
    assert read.business_contact == "+13125550147"
    assert read.image_description == "Shop sign of Kettle & Crumb with a phone number and opening hours."
    assert read.text_content == "Kettle & Crumb\nMon-Sat 8:00 - 18:00\nTel. (312) 555-0147"


@pytest.mark.parametrize(
    "rows",
    [LETTER, RECEIPT, MENU, CHART, SLIDE, []],
    ids=["letter", "receipt", "menu", "chart", "slide", "none"],
)
def test_no_shop_without_labels_has_neither_store_image_nor_name(rows: Rows) -> None:
    read = interpret(picture(rows), "US")
    assert (read.store_image, read.store_name) == (False, None)
    assert read.image_description


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (LETTER, "A document with 13 lines of text."),
        (RECEIPT, "A receipt with 6 lines of text."),
        (MENU, "A price list with 6 lines of text."),
        (CHART, "A chart with 9 lines of text."),
        ([("Photo: A. Nyberg", 0.02)], "A picture with a line of text."),
        ([], "A picture without readable text."),
    ],
)
def test_the_sentence_says_what_kind_of_picture_it_is(rows: Rows, sentence: str) -> None:
    assert interpret(picture(rows), "US").image_description == sentence


def test_the_sentence_names_a_landmark_and_warns() -> None:
    seen = msgspec.structs.replace(
        picture([], ("Mountain", "Sky", "Lake")), landmarks=(Scored("Old Mill", 0.6),), unsafe=("racy",)
    )
    read = interpret(seen, "US")
    assert read.image_description == (
        "A picture without readable text; it shows Old Mill, mountain and sky (racy content)."
    )
    assert read.evidence.store_image == "landmark Old Mill"


@pytest.mark.parametrize(
    ("labels", "rows", "store"),
    [
        ({"Store": 0.8, "Document": 0.75}, SIGN, True),
        ({"Store": 0.8, "Document": 0.75}, LETTER, False),
        ({"Store": 0.8, "Document": 0.6}, LETTER, True),
        ({"Traffic sign": 0.9}, [("Otto's", 0.2)], False),
        ({"Restaurant menu": 0.9, "Menu": 0.95}, MENU, False),
    ],
)
def test_labels_that_contradict_each_other_leave_it_to_the_text(
    labels: dict[str, float], rows: Rows, store: bool
) -> None:
    seen = msgspec.structs.replace(picture(rows), labels=tuple(Scored(*one) for one in labels.items()))
    assert interpret(seen, "US").store_image is store


def test_a_web_entity_of_a_shop_leaves_it_to_the_text_and_decides_nothing() -> None:
    for rows, store in ((SIGN, True), ([], False)):
        seen = msgspec.structs.replace(picture(rows, ("Food", "Dish")), web=(Scored("Restaurant", 0.9),))
        assert interpret(seen, "US").store_image is store


def test_what_is_null_has_no_confidence() -> None:
    assert msgspec.to_builtins(interpret(picture([]), "US").confidence) == {
        "store_image": 0.9,
        "image_description": 0.9,
    }


def test_the_sentence_names_what_the_labels_show() -> None:
    read = interpret(picture([], ("Mountain", "Sky", "Lake", "Tree")), "US")
    assert read.image_description == "A picture without readable text; it shows mountain, sky and lake."


@pytest.mark.parametrize(
    ("labels", "rows", "store"),
    [
        (("Building", "Retail", "Window"), SIGN, True),
        (("Convenience store",), [], True),
        (("Font", "Signage"), SIGN, True),  # the text decides
        (("Font", "Rectangle"), LETTER, False),
        (("Font", "Receipt"), SIGN, False),
        (("Mountain", "Sky", "Nature"), [("Lake view", 0.2)], False),
        (("Diagram", "Font"), CHART, False),
    ],
)
def test_the_surest_label_decides(labels: tuple[str, ...], rows: Rows, store: bool) -> None:
    read = interpret(picture(rows, labels), "US")
    assert read.store_image is store
    assert read.store_name == ("Kettle & Crumb" if store and rows else None)


def test_a_shop_s_board_of_prices_with_its_number_is_a_shop() -> None:
    offers = [(f"{what} ${n}.00", 0.06) for n, what in enumerate(("Haircut", "Shave", "Kids"), start=15)]
    read = interpret(picture([("Sal's Chair", 0.2), *offers, ("(312) 555-0147", 0.08)]), "US")
    assert (read.store_image, read.store_name) == (True, "Sal's Chair")


@pytest.mark.parametrize("text", ["STOP", "EXIT", "42", "No parking", "OPEN"])
def test_a_sign_that_names_nobody_is_no_shop(text: str) -> None:
    read = interpret(picture([(text, 0.3)]), "US")
    assert (read.store_image, read.store_name) == (False, None)


def test_a_label_that_is_not_sure_decides_nothing() -> None:
    seen = msgspec.structs.replace(picture(SIGN), labels=(Scored("Landscape", 0.9), Scored("Shop", 0.3)))
    assert not interpret(seen, "US").store_image


def test_a_sure_logo_names_the_shop() -> None:
    assert interpret(picture(SIGN, ("Store",), ("Lantern",)), "US").store_name == "Lantern"


def test_blank_text_is_null() -> None:
    read = interpret(Analysis(provider="test", text=" \n"), "US")
    assert read.text_content is None
    assert read.business_contact is None
    assert read.contacts == ()


def test_the_document_holds_what_was_seen_and_found() -> None:
    seen = picture(SIGN, ("Store",), ("Kettle",))
    kept = msgspec.json.decode(document(seen, interpret(seen, "US")))
    assert set(kept) == {
        "schema", "version", "provider", "model", "labels", "logos", "landmarks", "web", "unsafe", "lines",
        "contacts", "evidence", "confidence",
    }  # fmt: skip
    assert kept["labels"] == [["Store", 0.9]]
    assert kept["contacts"] == [
        {
            "kind": "phone",
            "value": "+13125550147",
            "shown": "(312) 555-0147",
            "confidence": 0.98,
            "national": "(312) 555-0147",
        }
    ]
    assert kept["evidence"] == {
        "store_image": "label Store 0.90",
        "store_name": "the largest writing, a logo agrees",
    }
    assert kept["confidence"] == {
        "store_image": 0.97,
        "image_description": 0.96,
        "store_name": 0.99,
        "business_contact": 0.96,
        "text_content": 0.98,
    }
    assert len(kept["lines"]) == 3


fractions = st.floats(0, 1)
lines = st.builds(TextLine, st.text(), fractions, fractions, fractions, fractions, fractions)
scored = st.builds(Scored, st.text() | st.sampled_from(["Store", "Font", "Receipt"]), fractions)


@given(
    st.lists(lines, max_size=12),
    st.lists(scored, max_size=3),
    st.lists(st.builds(Logo, st.text(), fractions, fractions), max_size=2),
    st.text(),
)
def test_any_analysis_is_interpreted_the_same_each_time(
    found: list[TextLine], labels: list[Scored], logos: list[Logo], region: str
) -> None:
    text = "\n".join(line.text for line in found)
    seen = Analysis("test", text, tuple(found), tuple(labels), tuple(logos), web=tuple(labels))
    read = interpret(seen, region)
    assert read == interpret(seen, region)
    assert read.store_image or read.store_name is None
    assert read.image_description is not None
    assert "\n" not in read.image_description or any("\n" in label.name for label in labels)
    assert read.store_name is None or read.store_name.strip()


@given(st.lists(lines, max_size=8))
def test_a_name_is_never_invented(found: list[TextLine]) -> None:
    read = interpret(Analysis("test", "\n".join(line.text for line in found), tuple(found)), "US")
    said = {word for line in found for word in line.text.split()}
    seen = "".join(said)
    assert all(word in seen for word in (read.store_name or "").split())
