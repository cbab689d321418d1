"""A model can say anything: what is told of it is bounded and of the right types, or it is no answer."""

import json
from typing import Any

import pytest
from google.genai.errors import APIError
from google.genai.types import GenerateContentResponse
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer import entries
from services.analyzer.analysis import Analysis, ImageFailure, Usage
from services.analyzer.entries import Entry
from services.analyzer.interpret import document, interpret
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.gemini_answers import analysis_of
from services.analyzer.providers.gemini_errors import failure_of
from services.analyzer.providers.gemini_question import MAX_CONTACTS, MAX_LINES, SCHEMA

SAID: dict[str, Any] = {
    "lines": [" Kettle & Crumb ", "", "Tel. (312) 555-0147"],
    "lines_sure": 0.98,
    "is_shop": True,
    "is_shop_sure": 0.97,
    "why": "a sign above a door",
    "name": "Kettle & Crumb",
    "name_sure": 0.95,
    "contacts": ["(312) 555-0147"],
    "contacts_sure": 0.9,
    "sentence": "A bakery with a green sign.",
    "sentence_sure": 0.9,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def reply(text: str, *, thought: str = "") -> GenerateContentResponse:
    parts = [{"text": thought, "thought": True}] if thought else []
    content = {"role": "model", "parts": [*parts, {"text": text}]}
    usage = {"prompt_token_count": 1_300, "candidates_token_count": 90, "thoughts_token_count": 7}
    return GenerateContentResponse.model_validate(
        {"candidates": [{"content": content, "finish_reason": "STOP"}], "usage_metadata": usage}
    )


def analysis(said: GenerateContentResponse) -> Analysis:
    read = analysis_of(said, "a-model")
    assert isinstance(read, Analysis)
    return read


def answer(**changes: Any) -> Analysis:
    return analysis(reply(json.dumps({**SAID, **changes})))


def test_an_answer_in_the_form_asked_for_becomes_an_analysis() -> None:
    read = analysis(reply(json.dumps(SAID), thought="Let me see."))
    assert (read.text, read.model) == ("Kettle & Crumb\nTel. (312) 555-0147", "a-model")
    assert read.usage == Usage(1_300, 97)
    assert read.judgement is not None
    assert (read.judgement.name, read.judgement.contacts) == ("Kettle & Crumb", ("(312) 555-0147",))
    entry = Entry("batch/1", read, None, 0.1)
    assert entries.decode(entries.encode(entry)) == entry


def test_every_field_that_is_asked_for_is_needed() -> None:
    assert set(SCHEMA["properties"]) == set(SAID) == set(SCHEMA["required"])
    for name in SAID:
        less = {key: value for key, value in SAID.items() if key != name}
        with pytest.raises(CallFailed):
            analysis_of(reply(json.dumps(less)), "a-model")


def test_what_is_too_much_is_cut() -> None:
    read = answer(
        lines=["x" * 10_000] * 10_000, contacts=["y" * 999] * 99, name="n" * 999, sentence="s" * 9_999,
        why="w" * 999, is_shop_sure=17, name_sure=-3,
    )  # fmt: skip
    assert read.judgement is not None
    assert len(read.text) <= 20_000
    assert read.text.count("\n") < MAX_LINES
    assert len(read.judgement.contacts) == MAX_CONTACTS
    assert (read.judgement.shop_sure, read.judgement.name_sure) == (1.0, 0.0)
    assert len(document(read, interpret(read, "US"))) < 30_000


@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_an_answer_without_a_sentence_is_none(nothing: str) -> None:
    with pytest.raises(CallFailed) as failed:
        answer(sentence=nothing)
    assert failed.value.refusal is Refusal.UNREADABLE
    assert failed.value.usage == Usage(1_300, 97)


@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(SAID, JSON)) | st.builds(
    lambda name, value: {**SAID, name: value}, st.sampled_from(sorted(SAID)), JSON
))  # fmt: skip
def test_whatever_it_says_is_an_analysis_or_no_answer(said: Any) -> None:
    try:
        read = analysis(reply(json.dumps(said)))
    except CallFailed:
        return
    columns = interpret(read, "US")
    assert columns.image_description
    assert document(read, columns)


def test_half_a_character_is_no_answer_or_can_be_stored() -> None:
    try:
        read = answer(sentence="A bakery \ud83d", name="\ud83d")
    except CallFailed:
        return
    assert document(read, interpret(read, "US"))


@pytest.mark.parametrize("count", [-5, 10**30])
def test_a_count_of_tokens_that_is_none_is_bounded(count: int) -> None:
    said = reply(json.dumps(SAID))
    assert said.usage_metadata is not None
    said.usage_metadata.prompt_token_count = count
    assert 0 <= analysis_of(said, "a-model").usage.tokens_in <= 10_000_000


@given(JSON, st.sampled_from([400, 403, 404, 413, 429, 500, 503, 504, 302]), st.booleans())
def test_an_error_with_any_body_has_its_class(body: Any, code: int, answered: bool) -> None:
    shape = {"error": body} if not isinstance(body, dict) else body
    failure = failure_of(APIError(code, shape), "a-key", answered=answered)
    assert isinstance(failure, CallFailed | ImageFailure)
    assert len(str(failure)) <= 400


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        ("47.174s", 47.174),
        ("0s", 0.0),
        ("soon", None),
        ("-3s", None),
        ("nans", None),
        ("1e999s", None),
        (5, 5.0),
    ],
)
def test_a_wish_to_be_left_alone_is_seconds_or_none(delay: object, seconds: float | None) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]
    error = APIError(429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": details}})
    failure = failure_of(error, "a-key", answered=True)
    assert isinstance(failure, CallFailed)
    assert (failure.refusal, failure.retry_after) == (Refusal.QUOTA, seconds)
