"""The API's description: whole, valid, and with examples that fit."""

import re
from typing import Any

import pytest
from fastapi.openapi.utils import get_openapi
from jsonschema import Draft202012Validator

from services.gateway.app import make_app
from services.gateway.openapi.document import document
from services.gateway.openapi.operations import OPERATIONS

APP = make_app(None)  # type: ignore[arg-type]  # no request is served
DOCUMENT = document(APP)
OPERATION = {
    f"{method.upper()} {path}": one
    for path, methods in DOCUMENT["paths"].items()
    for method, one in methods.items()
}


def test_every_line_of_the_table_is_a_route() -> None:
    assert set(OPERATIONS) == set(OPERATION)


def test_every_route_of_the_api_is_described() -> None:
    """In services/gateway/openapi/operations.py. The singular is described where the document has it."""
    declared = get_openapi(title="", version="", routes=APP.routes)["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in declared.items() for method in methods}
    singular = {name for name in routes if name.partition(" ")[2].startswith("/api/v1/batch/")}
    assert routes - singular - {"GET /api/v1/batch", "POST /api/v1/batch"} <= set(OPERATIONS)


def test_operation_ids_are_names_of_functions_and_differ() -> None:
    ids = [one["operationId"] for one in OPERATION.values()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", one) for one in ids)


@pytest.mark.parametrize("name", OPERATION)
def test_examples_fit_their_schemas(name: str) -> None:
    one = OPERATION[name]
    responses = [*one["responses"].values(), *DOCUMENT["components"]["responses"].values()]
    for holder in [*responses, one.get("requestBody", {})]:
        for media in holder.get("content", {}).values():
            if "example" in media:
                validator_of(media["schema"]).validate(media["example"])


def test_schemas_are_schemas() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", OPERATION)
def test_each_says_what_it_replies_and_how_it_refuses(name: str) -> None:
    one = OPERATION[name]
    assert one["summary"]
    assert one["tags"]
    assert {"400", "429", "500", "503"} <= one["responses"].keys()
    assert ("404" in one["responses"]) >= ("{" in name)
    names = [parameter["name"] for parameter in one["parameters"]]
    assert len(set(names)) == len(names)
    assert set(re.findall(r"{(\w+)}", name)) <= set(names)


def validator_of(schema: Any) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})
