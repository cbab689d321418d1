"""What went wrong with a download, in a class and in words. Pure; the words never repeat the address."""

import socket
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
import msgspec

from services.analyzer.address_guard import BlockedAddress
from services.analyzer.disguises import leads_inside
from shared.error_classes import MEANINGS, ErrorClass

FAILURES = (aiohttp.ClientError, TimeoutError, OSError, UnicodeError)
"""All that aiohttp and the resolver raise; UnicodeError for names that IDNA can't encode."""

_PHRASES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_CLASSES = {408: ErrorClass.TIMEOUT, 429: ErrorClass.RATE_LIMITED}


class FetchFailure(msgspec.Struct, frozen=True, gc=False):
    """`wait`: the seconds that the host asked to be left alone for. `hopeless`: this one will not pass,
    although its class may."""

    error_class: ErrorClass
    message: str
    wait: float = 0.0
    hopeless: bool = False

    @property
    def again(self) -> bool:
        """Whether another try may succeed."""
        return MEANINGS[self.error_class].transient and not self.hopeless


_BLOCKED = FetchFailure(ErrorClass.BLOCKED_ADDRESS, "The address leads into a network that is not public.")


def of_status(status: int, retry_after: str) -> FetchFailure:
    """For any status but 200-299. `retry_after` is the header, empty where there is none."""
    default = ErrorClass.HTTP_5XX if status >= 500 else ErrorClass.HTTP_4XX
    message = f"The host answered {_PHRASES.get(status, status)}."
    asked = status in (429, 503)
    return FetchFailure(_CLASSES.get(status, default), message, seconds_of(retry_after) if asked else 0.0)


def seconds_of(retry_after: str) -> float:
    """Retry-After holds seconds or a date; 0 for anything else, and for a date that is past."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        date = parsedate_to_datetime(retry_after).astimezone(UTC)
    except (ValueError, OverflowError):  # the last at the end of the year 9999
        return 0.0
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def of_invalid(address: str, why: str) -> FetchFailure:
    """For an address that can't be fetched from; `why` in a sentence."""
    return _BLOCKED if leads_inside(address) else FetchFailure(ErrorClass.INVALID_URL, why)


def of_exception(error: BaseException) -> FetchFailure:
    """For one of `FAILURES`."""
    match error:
        case TimeoutError():
            return FetchFailure(ErrorClass.TIMEOUT, "The host did not deliver the picture in time.")
        case aiohttp.TooManyRedirects():
            return FetchFailure(ErrorClass.HTTP_4XX, "The address redirects more than 3 times.")
        case aiohttp.InvalidURL():
            return of_invalid(str(error.url), "The address is, or redirects to, no valid web address.")
        case aiohttp.NonHttpUrlClientError():
            return FetchFailure(ErrorClass.INVALID_URL, "The address redirects to what is no web address.")
        case UnicodeError():
            return FetchFailure(ErrorClass.INVALID_URL, "The host in the address is no valid name.")
        case aiohttp.ClientConnectorError():
            return _unconnected(error)
        case aiohttp.ClientResponseError():
            return FetchFailure(ErrorClass.NETWORK, "The host's answer is no valid HTTP.")
    return FetchFailure(ErrorClass.NETWORK, "The connection to the host broke off.")


def _unconnected(error: aiohttp.ClientConnectorError) -> FetchFailure:
    match error:
        case aiohttp.ClientConnectorDNSError():
            if leads_inside(error.host):
                return _BLOCKED
            unknown = error.os_error.errno != socket.EAI_AGAIN
            return FetchFailure(ErrorClass.DNS, "The host's name has no network address.", hopeless=unknown)
        case aiohttp.ClientSSLError():
            return FetchFailure(ErrorClass.CERTIFICATE, "The host's certificate or encryption is not valid.")
    if isinstance(error.os_error, BlockedAddress):
        return _BLOCKED
    return FetchFailure(ErrorClass.NETWORK, "The host can't be reached.")
