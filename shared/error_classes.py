"""The classes of a failed row: the one table that analyzer, exporter, monitor and gateway share."""

from enum import StrEnum
from typing import NamedTuple


class ErrorClass(StrEnum):
    INVALID_URL = "invalid_url"
    UNREADABLE_ROW = "unreadable_row"
    BLOCKED_ADDRESS = "blocked_address"
    DNS = "dns"
    NETWORK = "network"
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    RATE_LIMITED = "rate_limited"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    PROVIDER_IMAGE = "provider_image"
    PROVIDER_ERROR = "provider_error"
    PROVIDER_REFUSED = "provider_refused"
    PROVIDER_BLOCKED = "provider_blocked"
    CRASHED = "crashed"
    UNSTORABLE = "unstorable"


class Category(StrEnum):
    """What the API sums the classes up to: the documented three."""

    NETWORK = "network_errors"
    URLS = "invalid_urls"
    PROCESSING = "processing_errors"


class Meaning(NamedTuple):
    """How a class is treated and explained: `transient` rows are tried again, `category` is the API's."""

    transient: bool
    category: Category
    advice: str


_URLS, _NETWORK, _PROCESSING = Category.URLS, Category.NETWORK, Category.PROCESSING
MEANINGS: dict[ErrorClass, Meaning] = {
    ErrorClass.INVALID_URL: Meaning(
        False, _URLS, "Give a full address that begins with http:// or https://."
    ),
    ErrorClass.UNREADABLE_ROW: Meaning(False, _URLS, "Close this line's quotes, or shorten it."),
    ErrorClass.BLOCKED_ADDRESS: Meaning(False, _URLS, "Use an address that the public internet can reach."),
    ErrorClass.DNS: Meaning(True, _NETWORK, "Check the host's name: it has no address."),
    ErrorClass.NETWORK: Meaning(True, _NETWORK, "Check that the host is up, then retry the row."),
    ErrorClass.TIMEOUT: Meaning(True, _NETWORK, "The host was too slow: retry the row later."),
    ErrorClass.CERTIFICATE: Meaning(
        False, _NETWORK, "Have the host's certificate repaired, or use another address."
    ),
    ErrorClass.RATE_LIMITED: Meaning(True, _NETWORK, "The host wants fewer requests: retry the row later."),
    ErrorClass.HTTP_4XX: Meaning(False, _NETWORK, "Check that the picture is there and public."),
    ErrorClass.HTTP_5XX: Meaning(True, _NETWORK, "The host is in trouble: retry the row later."),
    ErrorClass.TOO_LARGE: Meaning(False, _PROCESSING, "Use a picture of at most 20 MB and 75 megapixels."),
    ErrorClass.NOT_AN_IMAGE: Meaning(False, _PROCESSING, "Give the picture's own address, not a page's."),
    ErrorClass.PROVIDER_IMAGE: Meaning(False, _PROCESSING, "The picture is damaged: replace it."),
    ErrorClass.PROVIDER_ERROR: Meaning(True, _PROCESSING, "The provider failed: retry the row later."),
    ErrorClass.PROVIDER_REFUSED: Meaning(False, _PROCESSING, "Check the provider's keys and settings."),
    ErrorClass.PROVIDER_BLOCKED: Meaning(
        False, _PROCESSING, "The provider's rules forbid it: use another picture or provider."
    ),
    ErrorClass.CRASHED: Meaning(False, _PROCESSING, "Decoding this picture crashes: replace it."),
    ErrorClass.UNSTORABLE: Meaning(False, _PROCESSING, "The answer could not be stored: report the row."),
}
