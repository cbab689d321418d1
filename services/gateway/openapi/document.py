"""The OpenAPI document: paths and parameters as the routes declare them, the rest from the table."""

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.gateway.openapi import refusals
from services.gateway.openapi.examples import example_of
from services.gateway.openapi.operation import FORM, JSON, Also, Extra, Operation
from services.gateway.openapi.operations import OPERATIONS
from services.gateway.openapi.parameters import of_query, of_route
from services.gateway.openapi.words import When

Json = dict[str, Any]
_ABOUT = """Batches of image addresses go in, a complete table of what the pictures show comes out.

Every reply is in one envelope: `success`, `data`, `timestamp` and where there is something to say `message`;
an error has `error` (a sentence that says what to do), `error_type` and `request_id` instead of `data`. Every
address under `/api/v1/batches` is served under `/api/v1/batch`, too. Times are UTC.
"""
_EVENTS: Json = {"url": "/asyncapi.json", "description": "The events on Kafka (AsyncAPI 3)"}
_FILE: Json = {"type": "string"}
_ROWS: Json = {"type": "array", "items": {"type": "object"}}
# Where the replies to these operations name a batch.
_LINKS = {"create_batch": "/data/batch_id", "list_batches": "/data/batches/0/batch_id"}
_TEMPLATE = "#/components/schemas/{name}"


def document(app: FastAPI) -> Json:
    """Of the routes that the table knows."""
    made = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    schemas = _schemas()
    paths: dict[str, Json] = {}
    for path, methods in made["paths"].items():
        for method, declared in methods.items():
            if one := OPERATIONS.get(f"{method.upper()} {path}"):
                paths.setdefault(path, {})[method] = _operation(path, one, declared, schemas)
    components = {"schemas": {**schemas, **refusals.SCHEMAS}, "responses": refusals.RESPONSES}
    # One or the other, or none where the gateway serves its own machine.
    security: list[Json] = [{"bearer": []}, {"key": []}, {}]
    components["securitySchemes"] = refusals.SECURITY
    said = {"security": security, "servers": [{"url": "/"}], "externalDocs": _EVENTS}
    return {**made, **said, "paths": paths, "components": components}


def _schemas() -> Json:
    replied = {kind for one in OPERATIONS.values() for kind in (one.data, one.also and one.also.data) if kind}
    sent = {kind for one in OPERATIONS.values() for kind in (one.body, one.form, one.query) if kind}
    _, found = msgspec.json.schema_components(replied | sent, ref_template=_TEMPLATE)
    for kind in sent:  # a field that is not known is refused
        found[kind.__name__]["additionalProperties"] = False
    found |= {_reply_of(kind): _enveloped(kind, success=True) for kind in replied}
    # Defaults are Python's there: tuples, enums.
    plain: Json = msgspec.json.decode(msgspec.json.encode(found, order="deterministic"))
    return plain


def _reply_of(kind: type[msgspec.Struct]) -> str:
    return f"{kind.__name__}Reply"


def _operation(path: str, one: Operation, declared: Json, schemas: Json) -> Json:
    parameters = [*map(of_route, declared.get("parameters", ()))]
    if one.query:
        parameters += of_query(schemas[one.query.__name__])
    if one.extra is Extra.REPLAYABLE:
        parameters.append(refusals.IDEMPOTENCY_KEY)
    found: Json = {
        "operationId": one.id,
        "summary": one.summary,
        "description": declared.get("description", ""),
        "tags": declared.get("tags", []),
        "parameters": parameters,
        "responses": {**refusals.of(path, one), **_good(one, schemas), **_also(one.also)},
    }
    if sent := one.form or one.body:
        found["requestBody"] = {
            "required": one.form is not None,
            "content": {FORM if one.form else JSON: _media(sent, schemas)},
        }
    return found


def _good(one: Operation, schemas: Json) -> Json:
    if one.downloads:
        content = {kind: {"schema": _ROWS if kind == JSON else _FILE} for kind in one.downloads}
        return {str(one.status): {"description": "The file or the stream", "content": content}}
    schema = {"$ref": _TEMPLATE.format(name=_reply_of(one.data))}
    content = {JSON: {"schema": schema, "example": example_of(schema, schemas)}}
    found: Json = {"description": one.summary, "content": content, "headers": refusals.headers_of(one)}
    if one.id in _LINKS:
        found["links"] = _links(_LINKS[one.id])
    found = {str(one.status): found}
    if one.extra is Extra.PROBED:
        content = {JSON: {"schema": _enveloped(one.data, success=False)}}
        found["503"] = {"description": "The same, where a dependency is away", "content": content}
    if one.extra in (Extra.POLLED, Extra.TAGGED):
        found["304"] = {"description": "Nothing has changed since If-None-Match"}
    return found


def _also(other: Also | None) -> Json:
    if other is None:
        return {}
    found: Json = {"description": other.when}
    if other.data:
        found["content"] = {JSON: {"schema": {"$ref": _TEMPLATE.format(name=_reply_of(other.data))}}}
    return {str(other.status): found}


def _enveloped(kind: type[msgspec.Struct], success: bool) -> Json:
    (data, when), _ = msgspec.json.schema_components([kind, When], ref_template=_TEMPLATE)
    return {
        "type": "object",
        "required": ["success", "data", "timestamp"],
        "properties": {
            "success": {"const": success},
            "data": data,
            "message": {"type": "string"},
            "timestamp": when,
        },
    }


def _media(kind: type[msgspec.Struct], schemas: Json) -> Json:
    schema = {"$ref": _TEMPLATE.format(name=kind.__name__)}
    return {"schema": schema, "example": example_of(schema, schemas)}


def _links(pointer: str) -> Json:
    """What can be done with the batch that a reply names."""
    parameters = {"batch_id": f"$response.body#{pointer}"}
    ids = [one.id for name, one in OPERATIONS.items() if "{batch_id}" in name]
    return {name: {"operationId": name, "parameters": parameters} for name in ids}
