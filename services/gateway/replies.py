"""The envelope of every reply."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
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


def polled(request: Request, data: Any, headers: Mapping[str, str] | None = None) -> Response:
    """The reply to what is asked again and again: 304 without a body, with the same headers, to one who
    has this data already. The tag is weak: it says nothing of the envelope's timestamp."""
    encoded = _encoder.encode(data)
    tag = f'"{hashlib.blake2b(encoded, digest_size=12).hexdigest()}"'
    headers = {**(headers or {}), "ETag": f"W/{tag}", "Cache-Control": "private, no-cache"}
    if names_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return json_reply(envelope(msgspec.Raw(encoded)), 200, headers)


def names_tag(if_none_match: str, tag: str) -> bool:
    """By the weak comparison of RFC 9110: `W/` makes no difference, `*` names every tag."""
    named = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in named or "*" in named


def failure(error: ApiError, request_id: str) -> Response:
    body = {
        "success": False,
        "error": error.message,
        "error_type": error.error_type,
        "request_id": request_id,
        "timestamp": datetime.now(UTC),
    }
    return json_reply(_encoder.encode(body), error.status, error.headers)
