"""Parameters as clients have to send them (pure)."""

from typing import Any

from services.gateway.openapi.words import BATCH_ID
from services.gateway.status import Status

Json = dict[str, Any]
# What routes take as plain text, to refuse it with a sentence of their own.
_KNOWN: dict[tuple[str, str], Json] = {
    ("path", "batch_id"): {"type": "string", "format": "uuid", "examples": [BATCH_ID]},
    ("query", "status"): {"type": "string", "enum": list(Status), "description": "In any case"},
}


def of_route(declared: Json) -> Json:
    """As FastAPI found it. Null is no value of a query: a parameter is left out instead."""
    known = _KNOWN.get((declared["in"], declared["name"]))
    return {**declared, "schema": known or _without_null(declared["schema"])}


def of_query(struct: Json) -> list[Json]:
    """One parameter a field of a Struct. Forms send what nobody filled in: empty is as if left out."""
    needed = struct.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "allowEmptyValue": True,
            "schema": _without_null(schema),
        }
        for name, schema in struct["properties"].items()
    ]


def _without_null(schema: Json) -> Json:
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "title")}
    for kind in schema.get("anyOf", ()):
        kept |= kind if kind != {"type": "null"} else {}
    return {name: value for name, value in kept.items() if not (name == "default" and value is None)}
