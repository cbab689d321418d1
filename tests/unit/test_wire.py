"""What cannot be stored or sent never leaves (rule 7), and what cannot be read says so."""

import re
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events import ImageAnalyzed, SliceDispatched, SliceFinished, SliceRow
from shared.wire import CUT_MARK, MAX_EVENT_BYTES, Decoder, Undecodable, encode, headers_of

BATCH = UUID(int=1)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
surrogates = re.compile("[\ud800-\udfff]")
# Everything that Python can hold, with what Postgres and UTF-8 refuse among it often.
texts = st.text(st.one_of(st.characters(), st.sampled_from('\0\ud800\udfff\\u0\n"')), max_size=30)


def result(**fields: object) -> ImageAnalyzed:
    event = ImageAnalyzed(
        batch_id=BATCH,
        at=AT,
        result_id=UUID(int=2),
        chunk_id=UUID(int=3),
        chunk_no=1,
        row_no=7,
        url="http://a.example/1.jpg",
        success=True,
    )
    return msgspec.structs.replace(event, **fields)


def read(event: ImageAnalyzed) -> ImageAnalyzed:
    return Decoder([ImageAnalyzed]).decode(headers_of(event), encode(event))


@given(texts, texts, st.dictionaries(texts, texts, max_size=3))
def test_every_text_arrives_without_nul_and_surrogates(url: str, text: str, extra: dict[str, str]) -> None:
    raw = msgspec.Raw(msgspec.json.encode({"text": text.encode("utf-8", "ignore").decode()}))
    got = read(result(url=url, text_content=text, extra=extra, analysis_result=raw))
    whole = [got.url, got.text_content or "", *got.extra, *got.extra.values()]
    whole.append(msgspec.json.decode(got.analysis_result)["text"])
    assert not any("\0" in one or surrogates.search(one) for one in whole)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50))
def test_a_clean_text_arrives_as_it_is(text: str) -> None:
    raw = msgspec.Raw(msgspec.json.encode({"text": text}))
    got = read(result(text_content=text, extra={"a": text}, analysis_result=raw))
    assert (got.text_content, got.extra["a"]) == (text, text)
    assert msgspec.json.decode(got.analysis_result) == {"text": text}


def test_the_six_letters_of_an_escaped_nul_are_no_nul() -> None:
    written = "a sign that says \\u0000"
    raw = msgspec.Raw(msgspec.json.encode({"text": written + "\0"}))
    got = read(result(text_content=written, analysis_result=raw))
    assert got.text_content == written
    assert msgspec.json.decode(got.analysis_result) == {"text": written}


def test_rows_of_a_slice_are_cleaned() -> None:
    event = SliceDispatched(
        batch_id=BATCH,
        at=AT,
        slice_id=UUID(int=2),
        chunk_id=UUID(int=3),
        chunk_no=1,
        dispatch=1,
        version=1,
        region="US",
        rows=(SliceRow(1, "http://a/\0", ("x\ud800",)),),
    )
    got = Decoder([SliceDispatched]).decode(headers_of(event), encode(event))
    assert got.rows == (SliceRow(1, "http://a/", ("x?",)),)


def test_a_result_above_the_cap_is_cut_and_says_so() -> None:
    raw = msgspec.Raw(msgspec.json.encode({"lines": ["x" * 100] * 9_000}))
    event = result(text_content="é" * 600_000, analysis_result=raw, extra={"note": "n" * 200_000})
    assert len(encode(event)) <= MAX_EVENT_BYTES
    got = read(event)
    assert got.text_content is not None
    assert got.text_content.endswith(CUT_MARK)
    assert msgspec.json.decode(got.analysis_result) == {"cut": True}
    assert got.extra == event.extra, "a user's own cells are never cut"


def test_what_cannot_be_cut_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        encode(result(url="u" * MAX_EVENT_BYTES))


def test_fields_of_a_later_version_are_ignored() -> None:
    event = result()
    body = encode(event)[:-1] + b',"invented_later":{"a":[1]}}'
    assert Decoder([ImageAnalyzed]).decode(headers_of(event), body) == event


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([], b"{}"),
        ([("ce_type", None)], b"{}"),
        ([("ce_type", b"enterprise.image-analyzer.slice.finished.v1")], b"{}"),
        (headers_of(result()), None),
        (headers_of(result()), b""),
        (headers_of(result()), b'{"url":"\xff"}'),
        (headers_of(result()), b'{"unknown":' + b"[" * 200_000),
        ([("ce_type", b"\xff\xfe")], b"{}"),
    ],
    ids=[
        "no type",
        "null type",
        "another type",
        "no body",
        "empty",
        "not UTF-8",
        "too deep",
        "type not UTF-8",
    ],
)
def test_poison_is_told_from_everything_else(headers: list[tuple[str, bytes]], body: bytes | None) -> None:
    with pytest.raises(Undecodable):
        Decoder([ImageAnalyzed]).decode(headers, body)


def test_an_event_has_the_same_id_on_redelivery() -> None:
    finished = SliceFinished(
        batch_id=BATCH, at=AT, slice_id=UUID(int=2), first_row=1, dispatch=3, worker="analyzer-1"
    )
    later = msgspec.structs.replace(finished, at=datetime(2027, 1, 1, tzinfo=UTC))
    assert dict(headers_of(finished))["ce_id"] == dict(headers_of(later))["ce_id"]
