"""The envelope of every reply."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.responses import Response

from services.gateway.errors import ApiError

_encoder = msgspec.json.Encoder()


def envelope(data: Any, message: str | None = None, success: bool = True) -> bytes:
    """JSON; times are UTC with `Z`, ids are their usual text."""
    body: dict[str, Any] = {"success": success, "data": data}
    if message is not None:
        body["message"] = message
    return _encoder.encode({**body, "timestamp": datetime.now(UTC)})


def json_reply(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status, dict(headers or {}), media_type="application/json")


def reply(
    data: Any, message: str | None = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return json_reply(envelope(data, message), status, headers)


def failure(error: ApiError, request_id: str) -> Response:
    body = {
        "success": False,
        "error": error.message,
        "error_type": error.error_type,
        "request_id": request_id,
        "timestamp": datetime.now(UTC),
    }
    return json_reply(_encoder.encode(body), error.status, error.headers)
