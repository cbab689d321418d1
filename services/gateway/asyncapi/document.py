"""The AsyncAPI document: what a subscriber has to know, made of the events and the topics."""

from typing import Any, NamedTuple

import msgspec

from services.gateway.asyncapi.examples import EXAMPLES
from services.gateway.asyncapi.schema import schema_of, words_of
from shared.events import BATCH_EVENTS, Event, ImageAnalyzed, schema_id
from shared.topics import BATCHES, PARTITIONS, RESULTS, Named, Topic
from shared.wire import encode, headers_of

Json = dict[str, Any]
_DAY_MS = 86_400_000
_BINDING = "0.5.0"
_ABOUT = """For programs that subscribe to the results of Image Analyzer Enterprise and to what happens to
batches.

Each record is a CloudEvent 1.0 in Kafka's binary mode: its attributes are headers in UTF-8, its value is
JSON. The header `ce_type` says which message of its channel it is. Ignore types and fields that you do
not know: both may be added. A field that is not there has its default.

- **Several results of a row**: keep the one with the highest `attempt` by (`batch_id`, `row_no`); of
  several with the same attempt the first. All results of a row are in one partition, in order.
- **Whether you have all**: an end (completed, failed, cancelled) says `attempts`. Add up the `attempt` of
  the results that you kept of the batch: at that sum you have every result that there was. Take the end
  of the highest `run` that you have heard of, in results too. Channels and partitions have no order
  between them: an end may come before the last results.
- **A batch's state** is told by its event with the highest `version`, but an end outranks all others of
  its `run`.
- **A retry** is `BatchResumed` with the next `run`. Its results have a higher `attempt`; rows that are
  not tried again keep theirs.
- **A deleted batch** is gone: drop what you kept, and ignore what still comes.
- **Repeated records** have the same `ce_id`.
"""


class _Channel(NamedTuple):
    name: str
    operation: str
    topic: Topic
    key: str
    about: str
    events: tuple[type[Event], ...]


_CHANNELS = (
    _Channel("batches", "followBatches", BATCHES, "The batch's id", "What happens to batches.", BATCH_EVENTS),
    _Channel(
        "results",
        "readResults",
        RESULTS,
        "The id of the chunk that has the row",
        "The result of each row and attempt.",
        (ImageAnalyzed,),
    ),
)


def document(topic_prefix: str = "", bootstrap: str = "localhost:9092") -> Json:
    """For a system whose topics have this prefix; `bootstrap` are its brokers, like `host:9092,host:9092`."""
    events = [event for channel in _CHANNELS for event in channel.events]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Image Analyzer Enterprise: results and batches",
            "version": "1.0",
            "description": _ABOUT,
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server(bootstrap)},
        "channels": {one.name: _channel(one, Named(topic_prefix).topic(one.topic)) for one in _CHANNELS},
        "operations": {one.operation: _operation(one) for one in _CHANNELS},
        "components": {
            "messages": {event.__name__: _message(event) for event in events},
            "schemas": {event.__name__: schema_of(event) for event in events},
        },
    }


def _server(bootstrap: str) -> Json:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "KAFKA_BOOTSTRAP_SERVERS of the system, as its own services reach it.",
        "variables": {"bootstrap": {"default": bootstrap, "description": "host:port, several with commas"}},
    }


def _channel(one: _Channel, address: str) -> Json:
    topic = {"cleanup.policy": ["delete"], "retention.ms": one.topic.retention_days * _DAY_MS}
    return {
        "address": address,
        "summary": one.about,
        "description": f"Key: {_lower(one.key)}. Kept for {one.topic.retention_days} days.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {
            event.__name__: {"$ref": f"#/components/messages/{event.__name__}"} for event in one.events
        },
        "bindings": {
            "kafka": {"partitions": PARTITIONS, "topicConfiguration": topic, "bindingVersion": _BINDING}
        },
    }


def _operation(one: _Channel) -> Json:
    channel = f"#/channels/{one.name}"
    return {
        "action": "receive",
        "channel": {"$ref": channel},
        "summary": one.about,
        "messages": [{"$ref": f"{channel}/messages/{event.__name__}"} for event in one.events],
    }


def _message(event: type[Event]) -> Json:
    [key] = [one.key for one in _CHANNELS if event in one.events]
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": words_of(event),
        "contentType": "application/json",
        "headers": _headers(event),
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": key},
                "bindingVersion": _BINDING,
            }
        },
        "examples": [_example(one) for one in EXAMPLES if type(one) is event],
    }


def _headers(event: type[Event]) -> Json:
    """CloudEvents' attributes."""
    found: Json = {
        "ce_specversion": {"const": "1.0"},
        "ce_type": {"const": event.TYPE},
        "ce_source": {"const": "/image-analyzer"},
        "ce_dataschema": {"const": schema_id(event.TYPE)},
        "ce_id": {"description": "The same whenever the same event is sent again"},
        "ce_subject": {"description": "The batch, or batch/row"},
        "ce_time": {"format": "date-time"},
        "content-type": {"const": "application/json"},
    }
    properties = {name: {"type": "string", **said} for name, said in found.items()}
    # Older events have no ce_dataschema.
    return {"type": "object", "required": sorted({*found} - {"ce_dataschema"}), "properties": properties}


def _example(event: Event) -> Json:
    headers = {name: value.decode() for name, value in headers_of(event)}
    return {"headers": headers, "payload": msgspec.json.decode(encode(event))}


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
