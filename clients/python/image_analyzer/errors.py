"""What can go wrong, as types: `except` clauses tell apart what a program does about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_SHOWN = 300


class ImageAnalyzerError(Exception):
    """Everything that this package raises about the service. Its text is a sentence for people."""


class Unreachable(ImageAnalyzerError):
    """No reply came, also after further tries: no such host, refused, cut, or silent for too long."""


class WaitTimeout(ImageAnalyzerError):
    """The batch goes on, but the time that was given to wait for it is over."""


class ExportFailed(ImageAnalyzerError):
    """There will be no file of an export in the background; the sentence says why."""


class ApiError(ImageAnalyzerError):
    """The service said no. `status` is HTTP's, `error_type` the service's own word, `request_id` what its
    logs have it under, `retry_after` the seconds it asks to wait, if it does."""

    def __init__(
        self, message: str, status: int, error_type: str, request_id: str | None, retry_after: float | None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.error_type = error_type
        self.request_id = request_id
        self.retry_after = retry_after


class ValidationError(ApiError):
    """What was sent can't be right; the sentence says what to send."""


class BatchStateError(ApiError):
    """Not allowed in the state that the batch is in; the sentence names it and what is allowed."""


class NotFound(ApiError):
    """There is no such thing."""


class BatchNotFound(NotFound):
    """There is no such batch."""


class AuthError(ApiError):
    """No key, a wrong one, or one whose role may not do this."""


class RateLimited(ApiError):
    """Too many requests in this hour; `retry_after` says when there is room again."""


class ServerError(ApiError):
    """The fault is not the request's."""


class SystemUnavailable(ServerError):
    """Something that the service needs is away; the same request may succeed soon."""


_KINDS: dict[str, type[ApiError]] = {
    "ValidationError": ValidationError,
    "BatchStateError": BatchStateError,
    "BatchNotFound": BatchNotFound,
    "NotFound": NotFound,
    "AuthError": AuthError,
    "RateLimited": RateLimited,
    "SystemError": SystemUnavailable,
    "ProcessingError": ServerError,
    "ExportError": ServerError,
}
_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthError,
    403: AuthError,
    404: NotFound,
    429: RateLimited,
    502: SystemUnavailable,
    503: SystemUnavailable,
    504: SystemUnavailable,
}


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """The error that a refusal means, also where a proxy answered in words of its own."""
    said = _envelope(body)
    name = str(said.get("error_type") or "")
    kind = _KINDS.get(name) or _BY_STATUS.get(status) or (ServerError if status >= 500 else ApiError)
    message = str(said.get("error") or f"The server answered with status {status}: {_excerpt(body)}")
    request_id = said.get("request_id") or headers.get("x-request-id")
    return kind(
        message, status, name or kind.__name__, str(request_id) if request_id else None, _seconds(headers)
    )


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _excerpt(body: bytes) -> str:
    return " ".join(body[:_SHOWN].decode(errors="replace").split()) or "nothing"


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds; the form with a date is not used by the service."""
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
