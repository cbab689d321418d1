"""Every endpoint of the document, live: its replies have the keys and the types of the examples there, and
those of the description in /openapi.json."""

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from services.gateway.asyncapi.document import document as asyncapi_document
from tests.contract.document import (
    DOCUMENT,
    Endpoint,
    differences,
    endpoints,
    model_differences,
    models,
)
from tests.contract.documented import CALLS, DOWNLOADS, World

ENDPOINTS = {endpoint.name: endpoint for endpoint in endpoints()}
OF_API = {name: endpoint for name, endpoint in ENDPOINTS.items() if endpoint.is_of_api}
_SHARED = Path(__file__).parents[3] / "shared" / "spec" / "api.md"


@pytest.fixture(scope="module")
def replies(live: World) -> dict[str, httpx.Response]:
    """Made once: by endpoint."""
    return {}


@pytest.fixture
def reply(endpoint: Endpoint, live: World, replies: dict[str, httpx.Response]) -> httpx.Response:
    if endpoint.name not in replies:
        replies[endpoint.name] = CALLS[endpoint.name](live)
    return replies[endpoint.name]


def test_the_copy_of_the_document_is_the_document() -> None:
    if not _SHARED.exists():
        pytest.skip("the original is not here")
    assert DOCUMENT.read_text() == _SHARED.read_text()


def test_the_document_has_29_endpoints_of_the_api_and_7_pages_and_all_are_called() -> None:
    assert (len(ENDPOINTS), sum(one.is_of_api for one in ENDPOINTS.values())) == (36, 29)
    assert set(CALLS) == set(ENDPOINTS), "a call for each endpoint, in tests/contract/documented.py"


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
def test_replies_are_as_documented(endpoint: Endpoint, reply: httpx.Response) -> None:
    if endpoint.name in DOWNLOADS:
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-type"].startswith(DOWNLOADS[endpoint.name])
        assert "attachment" in reply.headers["content-disposition"]
        assert reply.content
        return
    if not endpoint.is_of_api:
        assert reply.status_code == (303 if endpoint.name == "POST /upload" else 200), reply.text
        assert reply.status_code == 303 or reply.headers["content-type"].startswith("text/html")
        return
    assert reply.status_code in (200, 201), reply.text
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert body["success"] is True
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    assert isinstance(body["data"], dict)
    if endpoint.reply is None:
        assert isinstance(body["message"], str)
    else:
        assert [*differences(endpoint.reply, body)] == []


@pytest.mark.parametrize(
    "endpoint", [one for one in ENDPOINTS.values() if one.is_of_api], ids=lambda one: one.name
)
def test_replies_are_as_described(endpoint: Endpoint, reply: httpx.Response, described: Any) -> None:
    """Key by key: what is not described fails, too."""
    method, path = endpoint.name.split()
    operation = described["paths"][path][method.lower()]
    content = operation["responses"][str(reply.status_code)]["content"]
    kind = reply.headers["content-type"].partition(";")[0]
    assert kind in content
    if kind == "application/json" and endpoint.name not in DOWNLOADS:
        components = closed(described["components"])
        # The download's further columns may stand there, the upload's own too.
        del components["schemas"]["PreviewRecord"]["additionalProperties"]
        schema = {**content[kind]["schema"], "components": components}
        checker = Draft202012Validator.FORMAT_CHECKER
        errors = Draft202012Validator(schema, format_checker=checker).iter_errors(reply.json())
        assert [f"{error.json_path}: {error.message}" for error in errors] == []


def closed(schema: Any) -> Any:
    """The same, and no other keys."""
    if isinstance(schema, dict):
        only = {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else {}
        return {**{name: closed(one) for name, one in schema.items()}, **only}
    return [closed(one) for one in schema] if isinstance(schema, list) else schema


def test_the_events_are_described_with_the_names_of_this_system(live: World) -> None:
    reply = live.client.get("/asyncapi.json")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == asyncapi_document(live.gateway.topic_prefix, live.gateway.kafka)


def test_polled_replies_say_when_to_come_again(live: World) -> None:
    batch_id = live.with_results("polled", 2, 1)
    for path in ("status", "progress"):
        assert int(live.act(batch_id, path, "GET").headers["X-Polling-Interval"]) >= 1


def test_data_models_are_whole(live: World) -> None:
    batch_id = live.with_results("models", 2, 1)
    batch = live.act(batch_id, "", "GET").json()["data"]["batch_info"]
    chunks = live.act(batch_id, "chunks", "GET").json()["data"]["chunks"]
    results = live.act(batch_id, "results", "GET").json()["data"]["results"]
    found = {"ProcessingBatch": [batch], "ProcessingChunk": chunks, "URLAnalysisResult": results}
    assert found.keys() == models().keys()
    for name, model in models().items():
        assert found[name]
        for one in found[name]:
            assert [*model_differences(model, one)] == [], name
