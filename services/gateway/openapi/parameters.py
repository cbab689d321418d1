"""Parameters as clients have to send them (pure)."""

from typing import Any

from services.gateway.openapi.words import BATCH_ID
from services.gateway.status import Status

Json = dict[str, Any]
# What routes take as plain text, to refuse it with a sentence of their own.
_KNOWN: dict[str, Json] = {
    "batch_id": {"type": "string", "format": "uuid", "examples": [BATCH_ID]},
    "status": {"type": "string", "enum": list(Status), "description": "In any case"},
}


def of_route(declared: Json) -> Json:
    """As FastAPI found it. Null is no value of a query: a parameter is left out instead."""
    schema = dict(declared["schema"])
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    for kind in kinds:
        schema |= kind
    schema.pop("title", None)
    return {**declared, "schema": _KNOWN.get(declared["name"], schema)}


def of_query(struct: Json) -> list[Json]:
    """One parameter a field of a Struct."""
    needed = struct.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": schema}
        for name, schema in struct["properties"].items()
    ]
