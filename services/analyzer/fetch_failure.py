"""What went wrong with a download, in a class and in words. Pure; the words never repeat the address."""

import socket
from http import HTTPStatus

import aiohttp
import msgspec

from services.analyzer.address_guard import BlockedAddress
from shared.error_classes import ErrorClass

MAX_WAIT = 7.0
"""Seconds before another try. A host that asks for more is not waited for."""

FAILURES = (aiohttp.ClientError, TimeoutError, OSError, UnicodeError)
"""All that aiohttp and the resolver raise; UnicodeError for names that IDNA can't encode."""

_PHRASES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_BUSY = frozenset({408, 425, 429})


class FetchFailure(msgspec.Struct, frozen=True, gc=False):
    """`again`: another try may succeed, not before `wait` seconds."""

    error_class: ErrorClass
    message: str
    again: bool = False
    wait: float = 0.0


def of_status(status: int, retry_after: str) -> FetchFailure:
    """For any status but 200-299. `retry_after` is the header, if empty or a date it counts for nothing."""
    error_class = ErrorClass.HTTP_5XX if status >= 500 else ErrorClass.HTTP_4XX
    wait = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
    again = (status >= 500 or status in _BUSY) and wait <= MAX_WAIT
    return FetchFailure(error_class, f"The host answered {_PHRASES.get(status, status)}.", again, wait)


def of_exception(error: BaseException) -> FetchFailure:
    """For one of `FAILURES`."""
    match error:
        case TimeoutError():
            return FetchFailure(
                ErrorClass.TIMEOUT, "The host did not deliver the picture in time.", again=True
            )
        case aiohttp.TooManyRedirects():
            return FetchFailure(ErrorClass.HTTP_4XX, "The address redirects more than 3 times.")
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError() | UnicodeError():
            return FetchFailure(
                ErrorClass.INVALID_URL, "The address is, or redirects to, no valid web address."
            )
        case aiohttp.ClientConnectorDNSError():
            again = error.os_error.errno == socket.EAI_AGAIN
            return FetchFailure(ErrorClass.DNS, "The host's name has no network address.", again)
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return FetchFailure(ErrorClass.NETWORK, "The host's certificate or encryption is not valid.")
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, BlockedAddress):
            return FetchFailure(
                ErrorClass.BLOCKED_ADDRESS, "The address leads into a network that is not public."
            )
        case aiohttp.ClientConnectorError():
            return FetchFailure(ErrorClass.NETWORK, "The host can't be reached.", again=True)
        case aiohttp.ClientResponseError():
            return FetchFailure(ErrorClass.NETWORK, "The host's answer is no valid HTTP.", again=True)
    return FetchFailure(ErrorClass.NETWORK, "The connection to the host broke off.", again=True)
