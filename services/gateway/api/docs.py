"""The descriptions of the API and of the public events, and a page to read the API's and to try it."""

import importlib.util
from functools import cache
from pathlib import Path

import msgspec
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from services.gateway.asyncapi.document import document as asyncapi_document
from services.gateway.context import Ctx
from services.gateway.openapi.document import document
from services.gateway.pages.render import page
from services.gateway.replies import json_reply

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    return json_reply(_encoded(request.app))


@router.get("/asyncapi.json")
async def events(ctx: Ctx) -> Response:
    """With the names of this system's topics and its brokers."""
    settings = ctx.settings
    return json_reply(_encoded_events(settings.topic_prefix, settings.kafka_bootstrap_servers))


@router.get("/docs")
async def docs() -> Response:
    return page("docs.html")


def assets() -> StaticFiles:
    """Swagger UI, out of the package fastapi-offline, which exists to ship it."""
    found = importlib.util.find_spec("fastapi_offline")
    assert found is not None
    assert found.origin is not None
    return StaticFiles(directory=Path(found.origin).parent / "static")


@cache
def _encoded(app: FastAPI) -> bytes:
    return msgspec.json.encode(document(app))


@cache
def _encoded_events(topic_prefix: str, bootstrap: str) -> bytes:
    return msgspec.json.encode(asyncapi_document(topic_prefix, bootstrap))
