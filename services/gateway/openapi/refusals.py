"""The replies to what can't be done, the same for all endpoints, and the headers of replies."""

from typing import Any

from services.gateway.openapi.operation import Extra, Operation

Json = dict[str, Any]
_NAMES: dict[int, tuple[str, str, str, str]] = {
    400: ("BadRequest", "ValidationError", "status is one of pending, queued, not 'odd'.",
          "Something sent is wrong (ValidationError), or the batch's state forbids it (BatchStateError)"),
    401: ("Unauthorized", "AuthError", "Send an API key.", "A key is needed, or this one is none"),
    403: ("Forbidden", "AuthError", "Another site's page may not act here.", "Not allowed to this caller"),
    404: ("Missing", "BatchNotFound", "There is no batch 'x'.", "There is no such batch, result or export"),
    413: ("TooLarge", "ValidationError", "The file has more than 200 MB.", "Too much is sent or asked for"),
    416: ("RangeNotSatisfiable", "ValidationError", "The file has 2,048 bytes; none is in this range.",
          "No byte of the file is in the Range"),
    422: ("KeyReused", "ValidationError", "This Idempotency-Key was used for another upload.",
          "An Idempotency-Key was sent again with something else"),
    429: ("TooManyRequests", "RateLimited", "Too many requests. Try again in 12 s.",
          "Too many requests: Retry-After says when to come again"),
    500: ("Failed", "ProcessingError", "Something went wrong here.", "A defect; the log has the request_id"),
    503: ("Unavailable", "SystemError", "The database does not answer. Try again in a moment.",
          "Something that is needed is away or busy: Retry-After says when to come again"),
}  # fmt: skip
_ALL = (400, 401, 403, 429, 500, 503)
_RETRY = {"Retry-After": {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds"}}
_REFERENCE = "#/components/schemas/Failure"

SCHEMAS: Json = {
    "Failure": {
        "type": "object",
        "required": ["success", "error", "error_type", "request_id", "timestamp"],
        "properties": {
            "success": {"const": False},
            "error": {"type": "string", "minLength": 1, "description": "A sentence that says what to do"},
            "error_type": {
                "type": "string",
                "enum": [
                    "ValidationError", "BatchStateError", "BatchNotFound", "NotFound", "MethodNotAllowed",
                    "AuthError", "RateLimited", "ProcessingError", "ExportError", "SystemError",
                ],
            },
            "request_id": {"type": "string"},
            "timestamp": {"type": "string", "format": "date-time"},
        },
    }
}  # fmt: skip
SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, where AUTH=keys"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same"},
}
IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request makes nothing twice: it gives the first one's reply",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def _response(error_type: str, sentence: str, about: str, status: int) -> Json:
    example = {
        "success": False,
        "error": sentence,
        "error_type": error_type,
        "request_id": "0f8fad5bd9cb469fa16570867728950e",
        "timestamp": "2025-11-02T10:45:00Z",
    }
    content = {"application/json": {"schema": {"$ref": _REFERENCE}, "example": example}}
    return {"description": about, "content": content, **({"headers": _RETRY} if status in (429, 503) else {})}


RESPONSES: Json = {
    name: _response(error_type, sentence, about, status)
    for status, (name, error_type, sentence, about) in _NAMES.items()
}


def of(path: str, one: Operation) -> Json:
    """By status."""
    statuses = {*_ALL, *one.refuses}
    statuses |= {404} if "{" in path else set()
    statuses |= {413} if one.body else set()
    return {
        str(status): {"$ref": f"#/components/responses/{_NAMES[status][0]}"} for status in sorted(statuses)
    }


def headers_of(one: Operation) -> Json:
    found: Json = {}
    if one.extra in (Extra.POLLED, Extra.TAGGED):
        found["ETag"] = {"schema": {"type": "string"}, "description": "Of the data without the timestamp"}
    if one.extra is Extra.POLLED:
        found["X-Polling-Interval"] = {
            "schema": {"type": "integer", "minimum": 1},
            "description": "Seconds until it is worth asking again",
        }
    if one.extra is Extra.REPLAYABLE:
        found["Idempotent-Replayed"] = {
            "schema": {"const": "true"},
            "description": "Sent with the reply to a repeated request",
        }
    return found
