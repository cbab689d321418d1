"""Why a call to Vision failed, in the project's terms. No message may carry the key: Google's own texts do
("Consumer 'api_key:…' has been suspended")."""

from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.google_common import KEY_REASONS

_DETAILS = "grpc-status-details-bin"
_MAX_MESSAGE = 300
_Code = grpc.StatusCode
_REFUSALS = {
    _Code.RESOURCE_EXHAUSTED: Refusal.QUOTA,
    _Code.UNAUTHENTICATED: Refusal.KEY,
    _Code.PERMISSION_DENIED: Refusal.KEY,
    _Code.DEADLINE_EXCEEDED: Refusal.TIMEOUT,
    _Code.UNAVAILABLE: Refusal.UNAVAILABLE,
    _Code.INTERNAL: Refusal.UNAVAILABLE,
    _Code.ABORTED: Refusal.UNAVAILABLE,
    _Code.UNKNOWN: Refusal.UNAVAILABLE,
    _Code.CANCELLED: Refusal.UNAVAILABLE,
}


def call_failed(error: grpc.aio.AioRpcError, key: str) -> CallFailed:
    """Branches on the status code and the reason in its details, never on Google's sentences."""
    code, text = error.code(), error.details() or ""
    reason, retry_after = _details(error)
    refusal = _REFUSALS.get(code, Refusal.REQUEST)
    if reason in KEY_REASONS:
        refusal = Refusal.KEY
    elif refusal is Refusal.QUOTA and "message larger than max" in text:
        # gRPC's own refusal of a message too large for either side has quota's code and no details.
        refusal = Refusal.REQUEST
    message = f"Vision: {code.name}: {text}".replace(key, "(key)")[:_MAX_MESSAGE]
    return CallFailed(refusal, message, retry_after if refusal is Refusal.QUOTA else None)


def _details(error: grpc.aio.AioRpcError) -> tuple[str, float | None]:
    """ErrorInfo's reason and RetryInfo's delay in seconds, from the google.rpc.Status in the trailers."""
    status, info, retry = status_pb2.Status(), error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    delay = None
    try:
        status.ParseFromString(_trailer(error))
        for detail in status.details:
            detail.Unpack(info)
            if detail.Unpack(retry):
                delay = retry.retry_delay.ToTimedelta().total_seconds()
    except (ValueError, OverflowError):  # DecodeError is a ValueError
        return "", None
    return info.reason, delay


def _trailer(error: grpc.aio.AioRpcError) -> bytes:
    trailers: Any = error.trailing_metadata() or ()
    return next((bytes(value) for name, value in trailers if name == _DETAILS), b"")
