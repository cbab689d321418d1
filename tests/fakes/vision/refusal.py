"""The ways in which a whole call fails, as Google words them: a gRPC code, a message, google.rpc details."""

from typing import NoReturn

import grpc
import grpc.aio
import msgspec
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from tests.fakes.vision.journal import Outcome

_DOMAIN = "googleapis.com"
_SERVICE = "vision.googleapis.com"


class Refusal(msgspec.Struct, frozen=True):
    """`outcome` is what the journal says of each image of the call."""

    outcome: Outcome
    code: grpc.StatusCode
    message: str
    reason: str = ""
    retry_in: float = 0.0

    async def abort(self, context: "grpc.aio.ServicerContext[bytes, bytes]") -> NoReturn:
        """Ends the call with this status and, as the real server does, details in the trailing metadata."""
        number: int = self.code.value[0]
        status = status_pb2.Status(code=number, message=self.message, details=self._details())
        trailer = (("grpc-status-details-bin", status.SerializeToString()),)
        await context.abort(self.code, self.message, trailer)
        raise AssertionError("abort raises")

    def _details(self) -> list[any_pb2.Any]:
        details: list[Message] = []
        if self.reason:
            info = error_details_pb2.ErrorInfo(
                reason=self.reason, domain=_DOMAIN, metadata={"service": _SERVICE}
            )
            details.append(info)
        if self.retry_in:
            delay = duration_pb2.Duration(nanos=0)
            delay.FromMilliseconds(int(self.retry_in * 1000))
            details.append(error_details_pb2.RetryInfo(retry_delay=delay))
        return [_packed(detail) for detail in details]


def no_key() -> Refusal:
    message = "Method doesn't allow unregistered callers. Please use API Key or another identity."
    return Refusal("bad_key", grpc.StatusCode.PERMISSION_DENIED, message)


def bad_key() -> Refusal:
    message = "API key not valid. Please pass a valid API key."
    return Refusal("bad_key", grpc.StatusCode.INVALID_ARGUMENT, message, reason="API_KEY_INVALID")


def blocked_key() -> Refusal:
    message = "Requests to this API vision.googleapis.com are blocked."
    return Refusal("bad_key", grpc.StatusCode.PERMISSION_DENIED, message, reason="API_KEY_SERVICE_BLOCKED")


def over_quota(wait: float, say_when: bool) -> Refusal:
    message = "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'."
    return Refusal(
        "refused",
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        message,
        reason="RATE_LIMIT_EXCEEDED",
        retry_in=wait if say_when else 0.0,
    )


def invalid(message: str) -> Refusal:
    return Refusal("invalid", grpc.StatusCode.INVALID_ARGUMENT, message)


def failed(code: str) -> Refusal:
    return Refusal("failed", grpc.StatusCode[code], "The service is currently unavailable.")


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
