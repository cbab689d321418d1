"""The API's description: the document, and a page to read it and to try it."""

import importlib.util
from functools import cache
from pathlib import Path

import msgspec
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from services.gateway.openapi.document import document
from services.gateway.pages.render import page
from services.gateway.replies import json_reply

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    return json_reply(_encoded(request.app))


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
