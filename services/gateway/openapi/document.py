"""The OpenAPI document: paths and parameters as the routes declare them, the rest from the table."""

from itertools import chain
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.gateway.openapi import refusals
from services.gateway.openapi.examples import example_of
from services.gateway.openapi.operation import FORM, JSON, Extra, Operation
from services.gateway.openapi.operations import OPERATIONS
from services.gateway.openapi.parameters import of_query, of_route
from services.gateway.openapi.words import When

Json = dict[str, Any]
_ABOUT = """Batches of image addresses go in, a complete table of what the pictures show comes out.

Every reply is in one envelope: `success`, `data`, `timestamp` and where there is something to say `message`;
an error has `error` (a sentence that says what to do), `error_type` and `request_id` instead of `data`. Every
address under `/api/v1/batches` is served under `/api/v1/batch`, too. Times are UTC.
"""
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
    return {**made, "security": security, "servers": [{"url": "/"}], "paths": paths, "components": components}


def _schemas() -> Json:
    types = [(one.data, one.body, one.form, one.query) for one in OPERATIONS.values()]
    _, found = msgspec.json.schema_components(filter(None, chain(*types)), ref_template=_TEMPLATE)
    replies = {_name_of_reply(one): _enveloped(one, success=True) for one in OPERATIONS.values() if one.data}
    return {**found, **replies}


def _name_of_reply(one: Operation) -> str:
    return f"{one.data.__name__}Reply"


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
        "responses": {**refusals.of(path, one), **_good(one, schemas)},
    }
    if sent := one.form or one.body:
        found["requestBody"] = {
            "required": one.form is not None,
            "content": {FORM if one.form else JSON: _media(sent, schemas)},
        }
    return found


def _good(one: Operation, schemas: Json) -> Json:
    if one.downloads:
        content = {kind: {"schema": {"type": "string"}} for kind in one.downloads}
        return {str(one.status): {"description": "The file or the stream", "content": content}}
    schema = {"$ref": _TEMPLATE.format(name=_name_of_reply(one))}
    content = {JSON: {"schema": schema, "example": example_of(schema, schemas)}}
    found: Json = {"description": one.summary, "content": content, "headers": refusals.headers_of(one)}
    found = {str(one.status): found}
    if one.extra is Extra.PROBED:
        content = {JSON: {"schema": _enveloped(one, success=False)}}
        found["503"] = {"description": "The same, where a dependency is away", "content": content}
    if one.extra in (Extra.POLLED, Extra.TAGGED):
        found["304"] = {"description": "Nothing has changed since If-None-Match"}
    return found


def _enveloped(one: Operation, success: bool) -> Json:
    (data, when), _ = msgspec.json.schema_components([one.data, When], ref_template=_TEMPLATE)
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
