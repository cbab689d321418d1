"""Vision's answers as analyses, without a server."""

from typing import Any

import pytest
from google.cloud.vision_v1.types import image_annotator

from services.analyzer.analysis import Analysis, ImageFailure, Logo, Scored
from services.analyzer.providers.google_answers import MAX_ENTITIES, MAX_LINES, MAX_MESSAGE, analysis_of
from services.analyzer.providers.google_schema import Reply

Answer = image_annotator.AnnotateImageResponse.pb()
Answers = image_annotator.BatchAnnotateImagesResponse.pb()
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels


def corners(box: Box) -> list[dict[str, int]]:
    left, top, right, bottom = box
    return [{"x": x, "y": y} for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]


def answer(text: str, words: list[tuple[str, Box]], page: tuple[int, int] | None = (1000, 500)) -> Any:
    """`words` as Vision cuts them: punctuation is a word of its own."""
    whole = (min(b[0] for _, b in words), min(b[1] for _, b in words), max(b[2] for _, b in words))
    around = (*whole, max(b[3] for _, b in words))
    made = Answer()
    for described, box in [(text, around), *words]:
        made.text_annotations.add(description=described, bounding_poly={"vertices": corners(box)})
    if page:
        made.full_text_annotation.pages.add(width=page[0], height=page[1], confidence=0.9)
    return made


def sent(made: Any) -> object:
    """As it comes from the wire, where only what is looked at is parsed."""
    reply = Reply.FromString(Answers(responses=[made]).SerializeToString())
    return analysis_of(reply.responses[0], "a key")


def failure(**error: object) -> object:
    return sent(Answer(error=error))


WORDS: list[tuple[str, Box]] = [
    ("Otto's", (100, 50, 300, 150)),
    ("Corner", (320, 60, 600, 150)),
    ("(", (100, 200, 110, 230)),
    ("415", (112, 200, 160, 230)),
    (")", (162, 200, 170, 230)),
    ("555-0132", (180, 202, 300, 232)),
    ("Open", (100, 300, 200, 320)),
]
TEXT = "Otto's Corner\n(415) 555-0132\nOpen"


def read(made: Any) -> Analysis:
    found = sent(made)
    assert isinstance(found, Analysis)
    return found


def test_each_line_has_the_box_of_its_own_words() -> None:
    lines = read(answer(TEXT, WORDS)).lines
    assert [line.text for line in lines] == TEXT.split("\n")
    assert [(line.x, line.y, line.width, line.height) for line in lines] == [
        (0.1, 0.1, 0.5, 0.2),
        (0.1, 0.4, 0.2, 0.06),
        (0.1, 0.6, 0.1, 0.04),
    ]
    assert {round(line.confidence, 3) for line in lines} == {0.9}


def test_blank_lines_take_no_words() -> None:
    lines = read(answer(TEXT.replace("\n", "\n\n"), WORDS)).lines
    assert [(line.text, line.y) for line in lines] == [
        ("Otto's Corner", 0.1),
        ("(415) 555-0132", 0.4),
        ("Open", 0.6),
    ]


def test_letters_are_counted_where_blanks_do_not_part_words() -> None:
    words: list[tuple[str, Box]] = [
        ("北京", (0, 0, 200, 100)),
        ("烤鸭", (200, 0, 400, 100)),
        ("店", (400, 0, 500, 100)),
        ("8", (0, 200, 50, 250)),
        (":", (50, 200, 60, 250)),
        ("00", (60, 200, 100, 250)),
    ]
    lines = read(answer("北京烤鸭店\n8:00", words)).lines
    assert [(line.text, line.width, line.height) for line in lines] == [
        ("北京烤鸭店", 0.5, 0.2),
        ("8:00", 0.1, 0.1),
    ]


def test_without_a_page_the_boxes_are_shares_of_the_text_s_extent() -> None:
    lines = read(answer(TEXT, WORDS, page=None)).lines
    assert lines[0].height == pytest.approx(100 / 320, abs=1e-4)
    assert lines[0].confidence == 0.0


def test_a_picture_on_its_side_keeps_the_heights_of_its_lines() -> None:
    made = answer("Otto's", [("Otto's", (0, 0, 10, 10))], page=(500, 1000))
    turned = [{"x": 300, "y": 100}, {"x": 300, "y": 700}, {"x": 200, "y": 700}, {"x": 200, "y": 100}]
    made.text_annotations[1].ClearField("bounding_poly")
    made.text_annotations[1].bounding_poly.vertices.extend(
        [
            image_annotator.AnnotateImageResponse.pb()()
            .text_annotations.add()
            .bounding_poly.vertices.add(**at)
            for at in turned
        ]
    )
    assert read(made).lines[0].height == 0.2


def test_labels_and_logos_come_with_their_scores() -> None:
    made = Answer(label_annotations=[{"description": "Shop", "score": 0.5}])
    made.logo_annotations.add(description="Otto's", score=0.25)
    found = read(made)
    assert found.labels == (Scored("Shop", 0.5),)
    assert found.logos == (Logo("Otto's", 0.25),)
    assert (found.text, found.lines) == ("", ())


def test_an_error_of_one_image_is_a_failure_with_its_message() -> None:
    assert failure(code=3, message="Bad image data.") == ImageFailure("Bad image data.")
    assert failure(code=13) == ImageFailure("Vision's error 13")


def test_an_error_of_one_image_is_cut_and_holds_no_key() -> None:
    assert failure(code=7, message="Consumer 'api_key:a key' is out.") == ImageFailure(
        "Consumer 'api_key:(key)' is out."
    )
    at_the_cut = failure(code=7, message="x" * (MAX_MESSAGE - 2) + "a key" + "y" * 5000)
    assert at_the_cut == ImageFailure("x" * (MAX_MESSAGE - 2) + "(k")


def test_words_that_are_missing_or_have_no_box_do_no_harm() -> None:
    made = answer(TEXT, WORDS[:3])
    made.text_annotations[1].ClearField("bounding_poly")
    lines = read(made).lines
    assert [line.text for line in lines] == ["Otto's Corner", "(415) 555-0132"]
    assert lines[0].height == 0.0


def test_all_that_vision_says_besides_is_kept_in_few_words() -> None:
    made = answer(TEXT, WORDS)
    made.logo_annotations.add(
        description="Otto's", score=0.9, bounding_poly={"vertices": corners((0, 50, 10, 300))}
    )
    made.landmark_annotations.add(description="Old Mill", score=0.6)
    for rank, name in enumerate(["", "Retail", "Otto's", *("more",) * 20]):
        made.web_detection.web_entities.add(description=name, score=1.5 - 0.1 * rank)
    made.safe_search_annotation.racy = 4
    made.safe_search_annotation.adult = 3
    made.safe_search_annotation.spoof = 5
    found = read(made)
    assert found.logos == (Logo("Otto's", 0.9, 0.5),)
    assert found.landmarks == (Scored("Old Mill", 0.6),)
    assert found.web[:2] == (Scored("Retail", 1.4), Scored("Otto's", 1.3))
    assert len(found.web) == MAX_ENTITIES
    assert found.unsafe == ("racy",)


def test_a_page_of_text_keeps_its_text_and_a_bound_of_lines() -> None:
    count = MAX_LINES * 3
    text = "\n".join(f"word{n}" for n in range(count))
    found = read(answer(text, [(f"word{n}", (0, n, 100, n + 1)) for n in range(count)]))
    assert len(found.lines) == MAX_LINES
    assert found.text == text
