"""The JSON Schema of an event, out of its type (pure). In words that draft-07 and 2020-12 share."""

import inspect
from typing import Any

import msgspec
from msgspec.structs import FieldInfo

from shared.events import Event, schema_id

Json = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(event: type[Event]) -> Json:
    """Open: fields may be added. A field that is not required and not there has its default."""
    fields = msgspec.structs.fields(event)
    return {
        "title": event.__name__,
        "description": words_of(event),
        "type": "object",
        "required": [field.name for field in fields if field.required],
        "properties": {field.name: _property(field) for field in fields},
    }


def standalone(event: type[Event]) -> Json:
    """A schema that is a document by itself, under the name that the event's `ce_dataschema` gives."""
    return {"$schema": _DIALECT, "$id": schema_id(event.TYPE), **schema_of(event)}


def words_of(documented: type[object]) -> str:
    """The docstring in one line."""
    return " ".join(inspect.cleandoc(documented.__doc__ or "").split())


def _property(field: FieldInfo) -> Json:
    found: Json = msgspec.json.schema(field.type)
    return found if field.required else {**found, "default": _default(field)}


def _default(field: FieldInfo) -> Any:
    """As it would stand in JSON."""
    factory = field.default_factory
    value = factory() if callable(factory) else field.default
    return msgspec.json.decode(msgspec.json.encode(value))
