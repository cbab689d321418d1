"""Events to Kafka records and back: one encoder that caps and cleans (rule 7), one decoder."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from shared.events import PUBLIC_EVENTS, Event, ImageAnalyzed, schema_id

MAX_EVENT_BYTES = 900_000
CUT_MARK = " …[cut]"
_CONTENT_TYPE = ("content-type", b"application/json")
_DESCRIBED = frozenset(event.TYPE for event in PUBLIC_EVENTS)
_KEPT_TEXT = 20_000

Headers = list[tuple[str, bytes]]
E = TypeVar("E", bound=Event)
_encoder = msgspec.json.Encoder()


class Undecodable(Exception):
    """The record is no event of a type that its reader knows: a poison message."""


def headers_of(event: Event) -> Headers:
    """CloudEvents 1.0 attributes in Kafka's binary mode."""
    return [
        *_same_for_all(event.TYPE),
        ("ce_id", event.event_id.encode()),
        ("ce_subject", event.subject.encode()),
        ("ce_time", event.at.isoformat().encode()),
        _CONTENT_TYPE,
    ]


@cache
def _same_for_all(kind: str) -> Headers:
    schema = [("ce_dataschema", schema_id(kind).encode())] if kind in _DESCRIBED else []
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", kind.encode()),
        ("ce_source", b"/image-analyzer"),
        *schema,
    ]


def encode(event: Event) -> bytes:
    """At most MAX_EVENT_BYTES of JSON without NUL or lone surrogates; cuts are marked."""
    try:
        body = _encoder.encode(event)
    except UnicodeEncodeError:
        event = clean(event)
        body = _encoder.encode(event)
    if b"\\u0000" in body:
        event = clean(event)
        body = _encoder.encode(event)
    if len(body) > MAX_EVENT_BYTES and isinstance(event, ImageAnalyzed):
        body = _encoder.encode(_cut(event))
    if len(body) > MAX_EVENT_BYTES:
        raise ValueError(
            f"{event.TYPE} {event.event_id} is {len(body)} bytes; at most {MAX_EVENT_BYTES} can be sent"
        )
    return body


def clean_text(text: str) -> str:
    """Without NUL (Postgres refuses it) and with lone surrogates replaced (UTF-8 has none)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def clean(event: E) -> E:
    cleaned: E = _cleaned(event)
    return cleaned


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(
            value, **{name: _cleaned(getattr(value, name)) for name in value.__struct_fields__}
        )
    if isinstance(value, msgspec.Raw):
        return msgspec.Raw(_encoder.encode(_cleaned(msgspec.json.decode(value))))
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_cleaned(item) for item in value)
    return value


def _cut(event: ImageAnalyzed) -> ImageAnalyzed:
    """The same result with its long texts cut; what was dropped is marked."""
    text = event.text_content
    return msgspec.structs.replace(
        event,
        text_content=text if text is None or len(text) <= _KEPT_TEXT else text[:_KEPT_TEXT] + CUT_MARK,
        analysis_result=msgspec.Raw(b'{"cut":true}'),
    )


def _type_of(headers: Iterable[tuple[str, bytes]]) -> bytes:
    for key, value in headers:
        if key == "ce_type":
            return value or b""
    return b""


class Decoder(Generic[E]):
    """Decodes records of the given types by their `ce_type` header; unknown fields are ignored."""

    def __init__(self, types: Iterable[type[E]]) -> None:
        self._by_type = {t.TYPE.encode(): msgspec.json.Decoder(t) for t in types}

    def decode(self, headers: Iterable[tuple[str, bytes]], body: bytes | None) -> E:
        """Raises Undecodable."""
        name = _type_of(headers)
        decoder = self._by_type.get(name)
        if decoder is None or body is None:
            raise Undecodable(f"no event type {name.decode(errors='replace')!r} is expected here")
        try:
            return decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Undecodable(f"{name.decode()}: {error}") from error
