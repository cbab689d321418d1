"""What was ever published can be read for good: one event of each type, as it went over the wire.

A golden file is never changed: a change of an event that breaks one needs a new version of the type."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.events import ALL_EVENTS, PREFIX, Event, ImageAnalyzed
from shared.wire import Decoder, encode, headers_of

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))
CLOUD_EVENT = {"ce_specversion", "ce_type", "ce_source", "ce_id", "ce_subject", "ce_time", "content-type"}
decoder: Decoder[Event] = Decoder(ALL_EVENTS)


def golden(name: str) -> tuple[list[tuple[str, bytes]], dict[str, Any]]:
    kept = json.loads((GOLDEN / f"{name}.json").read_text())
    return [(key, value.encode()) for key, value in kept["headers"].items()], kept["body"]


def read(name: str) -> Event:
    headers, body = golden(name)
    return decoder.decode(headers, json.dumps(body).encode())


def test_every_event_has_a_golden_file() -> None:
    assert {event.TYPE.removeprefix(PREFIX) for event in ALL_EVENTS} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_old_event_is_read_and_nothing_of_it_is_lost(name: str) -> None:
    headers, body = golden(name)
    event = read(name)
    assert json.loads(encode(event)) == body
    # An attribute may have been added since.
    assert set(headers) <= set(headers_of(event))


@pytest.mark.parametrize("name", NAMES)
def test_fields_of_a_later_version_are_ignored(name: str) -> None:
    headers, body = golden(name)
    later = {**body, "invented_later": {"deep": [1, None, "x"]}}
    assert decoder.decode(headers, json.dumps(later).encode()) == read(name)


def test_a_class_of_failure_that_a_later_version_added_is_read() -> None:
    headers, body = golden("image.analyzed.v1")
    later = json.dumps({**body, "error_class": "invented_later"}).encode()
    event = decoder.decode(headers, later)
    assert isinstance(event, ImageAnalyzed)
    assert event.error_class == "invented_later"


@pytest.mark.parametrize("name", NAMES)
def test_an_event_is_a_cloud_event(name: str) -> None:
    headers = dict(golden(name)[0])
    assert set(headers) == CLOUD_EVENT
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_type"].decode() == PREFIX + name


def test_no_two_events_share_a_type_and_no_two_golden_ones_an_id() -> None:
    assert len({event.TYPE for event in ALL_EVENTS}) == len(ALL_EVENTS)
    assert len({read(name).event_id for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("event", ALL_EVENTS, ids=lambda event: event.TYPE.removeprefix(PREFIX))
def test_a_golden_event_holds_every_field(event: type[Event]) -> None:
    """So that a field that is taken away or renamed is noticed; an added one may be missing in old files."""
    _, body = golden(event.TYPE.removeprefix(PREFIX))
    assert set(body) <= set(event.__struct_fields__)
    assert {field.name for field in msgspec.structs.fields(event) if field.required} <= set(body)
