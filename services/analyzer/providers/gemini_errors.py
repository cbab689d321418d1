"""Why a call to Gemini failed, in the project's terms. No message may carry the key."""

import math
from typing import Any

from google.genai.errors import APIError

from services.analyzer.analysis import ImageFailure
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.google_common import KEY_REASONS

_MAX_MESSAGE = 300
_REFUSALS = {
    429: Refusal.QUOTA,
    401: Refusal.KEY,
    403: Refusal.KEY,
    408: Refusal.TIMEOUT,
    504: Refusal.TIMEOUT,
}


def failure_of(error: APIError, key: str) -> CallFailed | ImageFailure:
    """Branches on the code and the reason in its details, never on Google's sentences. All calls are alike
    but for their picture: an argument that is refused is the picture."""
    reason, retry_after = _details(error.details)
    message = f"Gemini: {error.status or error.code}: {error.message or ''}".replace(key, "(key)")
    message = message[:_MAX_MESSAGE]
    if reason in KEY_REASONS:
        return CallFailed(Refusal.KEY, message)
    if error.code == 400 and error.status == "INVALID_ARGUMENT":
        return ImageFailure(message)
    refusal = _REFUSALS.get(error.code) or (Refusal.REQUEST if _is_ours(error.code) else Refusal.UNAVAILABLE)
    return CallFailed(refusal, message, retry_after if refusal is Refusal.QUOTA else None)


def _is_ours(code: int) -> bool:
    return 400 <= code < 500


def _details(body: Any) -> tuple[str, float | None]:
    """ErrorInfo's reason and RetryInfo's delay in seconds, from the JSON of a google.rpc.Status, which may be
    anything."""
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    reason, delay = "", None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict):
            reason = reason or str(detail.get("reason") or "")
            delay = delay if delay is not None else _seconds(detail.get("retryDelay"))
    return reason, delay


def _seconds(duration: Any) -> float | None:
    """A protobuf duration in JSON: "47.17s"."""
    try:
        seconds = float(str(duration).removesuffix("s"))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
