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
    413: Refusal.REQUEST,  # the picture is too large
}


# What Google says, in words alone, of a picture that it can't read.
_OF_PICTURES = ("unable to process input image", "image is not valid")


def failure_of(error: APIError, key: str, *, answered: bool) -> CallFailed | ImageFailure:
    """Branches on the code and the reason in its details. All calls are alike but for their picture: once one
    was `answered`, an argument that is refused is the picture. Before that it may be the question, the model
    or a setting: no row is to fail of those, and only Google's sentence tells."""
    reason, retry_after = _details(error.details)
    message = f"Gemini: {error.status or error.code}: {error.message or ''}".replace(key, "(key)")
    message = message[:_MAX_MESSAGE]
    if reason in KEY_REASONS:
        return CallFailed(Refusal.KEY, message)
    if error.code == 400 and error.status == "INVALID_ARGUMENT" and (answered or _of_picture(error)):
        return ImageFailure(message)
    refusal = _REFUSALS.get(error.code, Refusal.UNAVAILABLE)
    return CallFailed(refusal, message, retry_after if refusal is Refusal.QUOTA else None)


def _of_picture(error: APIError) -> bool:
    said = str(error.message or "").lower()
    return any(words in said for words in _OF_PICTURES)


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
