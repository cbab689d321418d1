"""What subscribers are told of the public events: made of the code, valid, and true of the events."""

import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from jsonschema import Draft7Validator, Draft202012Validator

from services.gateway.asyncapi.__main__ import files
from services.gateway.asyncapi.document import document
from services.gateway.asyncapi.examples import EXAMPLES
from services.gateway.asyncapi.schema import standalone
from shared.events import PREFIX, PUBLIC_EVENTS, Event, schema_id
from shared.wire import encode, headers_of
from tests.contract.compatibility import incompatibilities

_CONTRACT = Path(__file__).parents[1] / "contract"
GOLDEN = _CONTRACT / "golden"
OFFICIAL = json.loads((_CONTRACT / "asyncapi" / "schema-3.0.0.json").read_text())
DOCUMENT = document()
MESSAGES = DOCUMENT["components"]["messages"]


def validator(schema: Any) -> Draft202012Validator:
    """Of payloads or headers, by all that the document says."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_files_are_what_the_code_says() -> None:
    made = files()
    for path, text in made.items():
        assert path.read_text() == text, "make docs"
    assert {path for path in made if path.parent.name == "schemas"} == {
        *next(iter(made)).parent.glob("events/*/*")
    }


def test_the_document_is_one_of_asyncapi_3() -> None:
    errors = Draft7Validator(OFFICIAL).iter_errors(DOCUMENT)
    assert [f"{error.json_path}: {error.message[:200]}" for error in errors] == []


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert found
    for reference in found:
        place = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def references(value: Any) -> Any:
    match value:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for one in value.values():
                yield from references(one)
        case list():
            for one in value:
                yield from references(one)


def test_the_document_has_every_public_event_once_and_the_systems_own_names() -> None:
    made = document("acme.", "kafka.example:9093")
    assert [one["address"] for one in made["channels"].values()] == [
        "acme.image-analyzer.batches",
        "acme.image-analyzer.results",
    ]
    assert made["servers"]["kafka"]["variables"]["bootstrap"]["default"] == "kafka.example:9093"
    told = [name for channel in made["channels"].values() for name in channel["messages"]]
    assert sorted(told) == sorted(event.__name__ for event in PUBLIC_EVENTS)
    assert {type(example) for example in EXAMPLES} == set(PUBLIC_EVENTS)


@pytest.mark.parametrize("event", PUBLIC_EVENTS, ids=lambda event: event.__name__)
def test_a_schema_says_what_each_event_and_field_is(event: type[Event]) -> None:
    made = standalone(event)
    Draft202012Validator.check_schema(made)
    assert (made["$id"], made["title"]) == (schema_id(event.TYPE), event.__name__)
    assert made["description"].endswith(".")
    assert set(made["properties"]) == set(event.__struct_fields__)
    for name, field in made["properties"].items():
        assert (name in made["required"]) != ("default" in field)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.event_id.rpartition("/")[0][-20:])
def test_examples_are_events_that_fit(example: Event) -> None:
    message = MESSAGES[type(example).__name__]
    headers = {name: value.decode() for name, value in headers_of(example)}
    validator(message["headers"]).validate(headers)
    validator(message["payload"]).validate(json.loads(encode(example)))


@pytest.mark.parametrize("event", PUBLIC_EVENTS, ids=lambda event: event.__name__)
def test_golden_events_fit_their_schemas(event: type[Event]) -> None:
    kept = json.loads((GOLDEN / f"{event.TYPE.removeprefix(PREFIX)}.json").read_text())
    message = MESSAGES[event.__name__]
    validator(message["headers"]).validate(kept["headers"])
    validator(message["payload"]).validate(kept["body"])


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("schemas/*/*.json")), ids=lambda path: path.stem)
def test_no_schema_changed_in_a_way_that_breaks_subscribers(path: Path) -> None:
    """Those of each release are kept in golden/schemas, and never changed."""
    kept = json.loads(path.read_text())
    by_name = {event.TYPE.removeprefix(PREFIX): event for event in PUBLIC_EVENTS}
    assert incompatibilities(kept, standalone(by_name[path.stem])) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.event_id.rpartition("/")[0][-20:])
def test_the_sdk_of_cloudevents_reads_a_record_as_what_it_is(example: Event) -> None:
    record = KafkaMessage(headers=dict(headers_of(example)), key=b"x", value=encode(example))
    read = from_binary_event(record)
    assert read.get_specversion() == "1.0"
    assert (read.get_type(), read.get_id()) == (example.TYPE, example.event_id)
    assert (read.get_source(), read.get_subject()) == ("/image-analyzer", example.subject)
    assert (read.get_time(), read.get_datacontenttype()) == (example.at, "application/json")
    assert read.get_dataschema() == schema_id(example.TYPE)
    assert read.get_data() == json.loads(encode(example))
