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
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    PROVIDER_IMAGE = "provider_image"
    PROVIDER_ERROR = "provider_error"
    PROVIDER_REFUSED = "provider_refused"
    CRASHED = "crashed"
    UNSTORABLE = "unstorable"


class Meaning(NamedTuple):
    """How a class is treated and explained: `transient` rows are tried again, `category` is the API's."""

    transient: bool
    category: str
    advice: str


MEANINGS: dict[ErrorClass, Meaning] = {
    ErrorClass.INVALID_URL: Meaning(False, "invalid_urls", "Give a full address that starts with http:// or https://."),
    ErrorClass.UNREADABLE_ROW: Meaning(False, "invalid_urls", "Mend this line of the file; close its quotes and shorten it."),
    ErrorClass.BLOCKED_ADDRESS: Meaning(False, "invalid_urls", "Use an address that is reachable on the public internet."),
    ErrorClass.DNS: Meaning(True, "network_errors", "Check the host's name; it has no address."),
    ErrorClass.NETWORK: Meaning(True, "network_errors", "Check that the host is up, then retry the row."),
    ErrorClass.TIMEOUT: Meaning(True, "network_errors", "The host was too slow; retry the row later."),
    ErrorClass.HTTP_4XX: Meaning(False, "network_errors", "The host refused the address; check that the picture is there and public."),
    ErrorClass.HTTP_5XX: Meaning(True, "network_errors", "The host is in trouble; retry the row later."),
    ErrorClass.TOO_LARGE: Meaning(False, "processing_errors", "Use a picture of at most 20 MB."),
    ErrorClass.NOT_AN_IMAGE: Meaning(False, "processing_errors", "The address holds no picture; give the picture's own address."),
    ErrorClass.PROVIDER_IMAGE: Meaning(False, "processing_errors", "The picture is damaged; replace it."),
    ErrorClass.PROVIDER_ERROR: Meaning(True, "processing_errors", "The provider failed; retry the row later."),
    ErrorClass.PROVIDER_REFUSED: Meaning(False, "processing_errors", "The provider refuses the call; check its keys and settings."),
    ErrorClass.CRASHED: Meaning(False, "processing_errors", "Decoding this picture crashed three times; replace it."),
    ErrorClass.UNSTORABLE: Meaning(False, "processing_errors", "The answer could not be stored; report the row."),
}  # fmt: skip
