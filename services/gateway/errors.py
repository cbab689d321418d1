"""Errors are types that carry their status, their name in the API and advice; one handler replies."""

from collections.abc import Mapping
from typing import ClassVar


class ApiError(Exception):
    """`message` is a sentence for the client; it never holds a secret."""

    status: ClassVar[int] = 500
    error_type: ClassVar[str] = "ProcessingError"

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = dict(headers or {})


class ValidationError(ApiError):
    status, error_type = 400, "ValidationError"


class BatchStateError(ApiError):
    status, error_type = 400, "BatchStateError"


class NotSignedIn(ApiError):
    status, error_type = 401, "AuthError"

    def __init__(self, message: str) -> None:
        super().__init__(message, {"WWW-Authenticate": 'Bearer realm="image-analyzer"'})


class NotAllowed(ApiError):
    status, error_type = 403, "AuthError"


class BatchNotFound(ApiError):
    status, error_type = 404, "BatchNotFound"


class NotFound(ApiError):
    status, error_type = 404, "NotFound"


class MethodNotAllowed(ApiError):
    status, error_type = 405, "MethodNotAllowed"


class TooLarge(ApiError):
    status, error_type = 413, "ValidationError"


class RangeNotSatisfiable(ApiError):
    status, error_type = 416, "ValidationError"


class KeyReused(ApiError):
    status, error_type = 422, "ValidationError"


class RateLimited(ApiError):
    status, error_type = 429, "RateLimited"


class ProcessingError(ApiError):
    status, error_type = 500, "ProcessingError"


class ExportError(ApiError):
    status, error_type = 500, "ExportError"


class SystemUnavailable(ApiError):
    """Something that the request needs is away; the same request may succeed soon."""

    status, error_type = 503, "SystemError"

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message, {"Retry-After": str(retry_after)})
