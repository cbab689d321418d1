"""Examples put together from those of the values (pure)."""

from typing import Any

Json = dict[str, Any]


def example_of(schema: Json, schemas: Json) -> Any:
    """A value that fits the schema: its own example, or made of those of its parts."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas)
    return _made(schema, schemas)


def _made(schema: Json, schemas: Json) -> Any:
    match schema.get("type"):
        case "object":
            parts: Json = schema.get("properties", {})
            needed: list[str] = schema.get("required") or [*parts]
            return {name: example_of(part, schemas) for name, part in parts.items() if name in needed}
        case "array":
            return [example_of(schema["items"], schemas)] if schema.get("items") else []
        case "boolean":
            return False
        case "integer":
            return 1
        case "number":
            return 1.0
        case _:
            return "text"
