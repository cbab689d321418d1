"""What generateContent takes: the fields that a caller may use, each of the right type, no other."""

import base64
import binascii
import re
from typing import Any

import msgspec

from tests.fakes.gemini import refusal
from tests.fakes.gemini.refusal import Refused
from tests.fakes.vision.answers import undecodable

_MIME = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG", "image/webp": b"RIFF"}
_TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}
_UNDERSCORE = re.compile("_([a-z])")
_TO_STANDARD = str.maketrans("-_", "+/")


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    pass


class Schema(_Strict, frozen=True, rename="camel", kw_only=True):
    """The part of JSON Schema that is understood."""

    type: str | list[str]
    properties: "dict[str, Schema]" = {}
    required: list[str] = []
    property_ordering: list[str] = []
    items: "Schema | None" = None
    min_items: int | None = None
    max_items: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""

    @property
    def kinds(self) -> list[str]:
        return [self.type] if isinstance(self.type, str) else self.type


class Blob(_Strict, frozen=True, rename="camel", kw_only=True):
    mime_type: str
    data: str


class Part(_Strict, frozen=True, rename="camel", kw_only=True):
    text: str | None = None
    inline_data: Blob | None = None


class Content(_Strict, frozen=True, rename="camel", kw_only=True):
    parts: list[Part]
    role: str = "user"


class Generation(_Strict, frozen=True, rename="camel", kw_only=True):
    response_mime_type: str = "text/plain"
    response_json_schema: Schema | None = None
    max_output_tokens: int = 65_536
    candidate_count: int = 1


class Body(_Strict, frozen=True, rename="camel", kw_only=True):
    contents: list[Content]
    system_instruction: Content | None = None
    generation_config: Generation = Generation()


class Asked(msgspec.Struct, frozen=True):
    content: bytes
    instruction: str
    schema: Schema


def read(raw: bytes) -> Asked | Refused:
    try:
        body = msgspec.convert(_camel(msgspec.json.decode(raw)), Body)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        return refusal.invalid(f"Invalid JSON payload received. {error}")
    schema = body.generation_config.response_json_schema
    if body.generation_config.response_mime_type != "application/json" or schema is None:
        return refusal.invalid("response_json_schema and response_mime_type application/json are asked for")
    if wrong := _wrong(schema, "response_json_schema"):
        return refusal.invalid(wrong)
    blobs = [part.inline_data for one in body.contents for part in one.parts if part.inline_data]
    if len(blobs) != 1 or body.contents[-1].role != "user":
        return refusal.invalid("contents: one picture of the user is needed")
    content = _picture(blobs[0])
    if isinstance(content, Refused):
        return content
    system = body.system_instruction.parts if body.system_instruction else []
    return Asked(content, "".join(part.text or "" for part in system), schema)


def _camel(value: Any, *, names: bool = False) -> Any:
    """JSON of protobuf may write a field in either way. The keys of `properties` are no fields."""
    if isinstance(value, list):
        return [_camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key if names else _UNDERSCORE.sub(lambda found: found[1].upper(), key): _camel(
            one, names=key == "properties"
        )
        for key, one in value.items()
    }


def _picture(blob: Blob) -> bytes | Refused:
    if blob.mime_type not in _MIME:
        return refusal.invalid(f"Unsupported MIME type: {blob.mime_type}")
    try:
        content = base64.b64decode(blob.data.translate(_TO_STANDARD), validate=True)
    except binascii.Error:
        return refusal.invalid("Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES)")
    if not content.startswith(_MIME[blob.mime_type]) or undecodable(content):
        return refusal.bad_image()
    return content


def _wrong(schema: Schema, path: str) -> str:
    if not schema.kinds or not set(schema.kinds) <= _TYPES:
        return f"{path}.type: unknown value {schema.type!r}"
    if "object" in schema.kinds and not schema.properties:
        return f"{path}.properties: should be non-empty for an object"
    if "array" in schema.kinds and schema.items is None:
        return f"{path}.items: missing field"
    for name in (*schema.required, *schema.property_ordering):
        if name not in schema.properties:
            return f"{path}.required: property {name!r} is not defined"
    nested = [*schema.properties.items(), *([("items", schema.items)] if schema.items else [])]
    return next(filter(None, (_wrong(one, f"{path}.{name}") for name, one in nested)), "")


def any_of(schema: Schema, known: dict[str, Any], name: str = "") -> Any:
    """A value of the schema: `known` says those of the top's properties that there are."""
    if name in known:
        return known[name]
    match schema.kinds[0]:
        case "object":
            return {key: any_of(one, known, key) for key, one in schema.properties.items()}
        case "array":
            return []
        case "string":
            return "something"
        case "boolean":
            return False
    return 0
