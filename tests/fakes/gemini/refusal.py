"""The ways in which a call to Gemini fails, as Google words them: an HTTP status and a google.rpc.Status."""

from typing import Any, NamedTuple

from tests.fakes.vision.journal import Outcome

_TYPES = "type.googleapis.com/google.rpc."
_STATUS = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class Refused(NamedTuple):
    """`outcome` is what the journal says of the call's image."""

    outcome: Outcome
    code: int
    message: str
    details: tuple[dict[str, Any], ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        error = {"code": self.code, "message": self.message, "status": _STATUS[self.code]}
        return {"error": {**error, "details": list(self.details)} if self.details else error}


def no_key() -> Refused:
    message = "Method doesn't allow unregistered callers (callers without established identity)."
    return Refused("bad_key", 403, message)


def bad_key() -> Refused:
    message = "API key not valid. Please pass a valid API key."
    return Refused("bad_key", 400, message, (_info("API_KEY_INVALID"),))


def blocked_key(key: str) -> Refused:
    return Refused("bad_key", 403, f"Permission denied: Consumer 'api_key:{key}' has been suspended.")


def over_quota(wait: float) -> Refused:
    retry = {"@type": f"{_TYPES}RetryInfo", "retryDelay": f"{wait:.9f}s"}
    violation = {"quotaMetric": "generativelanguage.googleapis.com/generate_content_requests"}
    failure = {"@type": f"{_TYPES}QuotaFailure", "violations": [violation]}
    message = f"You exceeded your current quota. Please retry in {wait:.9f}s."
    return Refused("refused", 429, message, (failure, retry))


def outage(code: int) -> Refused:
    return Refused("failed", code, "The model is overloaded. Please try again later.")


def invalid(message: str) -> Refused:
    return Refused("invalid", 400, message)


def bad_image() -> Refused:
    return Refused("image_error", 400, "Unable to process input image. Please retry or report.")


def not_found(what: str) -> Refused:
    message = f"{what} is not found for API version v1beta, or is not supported for generateContent."
    return Refused("invalid", 404, message)


def _info(reason: str) -> dict[str, Any]:
    domain, service = "googleapis.com", "generativelanguage.googleapis.com"
    metadata = {"service": service}
    return {"@type": f"{_TYPES}ErrorInfo", "reason": reason, "domain": domain, "metadata": metadata}
