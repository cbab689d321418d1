"""The address of a picture, checked before anything is sent anywhere. Pure."""

import re

from yarl import URL

MAX_CHARACTERS = 8_000

_LABEL = r"[\w-]{1,63}"
_PORT = r":(?:6[0-4]\d{3}|[1-5]?\d{1,4})"
_READY = re.compile(
    rf"https?://(?:{_LABEL}\.)*{_LABEL}\.?(?:{_PORT})?/[\w!#$%&'()*+,./:;=?@~\[\]-]*", re.ASCII
)
"""Addresses that can be sent as they stand: a check of a microsecond for nearly all there are."""

_CANONICAL = re.compile(r"https?://[a-z0-9.-]+(?::(?!80/|443/)\d+)?/[\w!$%&'()*+,./:;=?@~\[\]-]*", re.ASCII)
"""Nearly all that there are: without a usual port, an upper-case host or a fragment."""

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}\.?|[0-9a-f:.]+", re.ASCII)
_SCHEME = re.compile(r"https?:", re.IGNORECASE)
_BAD_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")


class InvalidAddress(ValueError):
    """`str(error)` is a sentence that says what is wrong; it never repeats the address."""


def web_address(text: str) -> URL:
    """The address to fetch; raises InvalidAddress."""
    text = text.strip()
    if len(text) > MAX_CHARACTERS:
        raise InvalidAddress(f"The address is longer than {MAX_CHARACTERS:,} characters.")
    if _READY.fullmatch(text):
        # Quoting it anew would cost CPU and can break the signature of a signed address.
        return URL(text, encoded=True)
    return _quoted(text)


def canonical(text: str) -> str:
    """One spelling for addresses that fetch the same: by case of the scheme and the host, the usual port, the
    fragment, and what has to be quoted. What is no address stays as it stands."""
    if _CANONICAL.fullmatch(text):
        return text
    try:
        url = web_address(text)
    except InvalidAddress:
        return text
    scheme, host = url.scheme.lower(), (url.raw_host or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = "" if url.port in (None, _PORTS[scheme]) else f":{url.port}"
    return f"{scheme}://{host}{port}{url.raw_path_qs or '/'}"


def fault_of(text: str) -> str | None:
    """Why nothing can be fetched from there, as a sentence; None for an address that can be tried."""
    if len(text) <= MAX_CHARACTERS and _READY.fullmatch(text.strip()):
        return None  # without making a URL of it, which takes four times as long
    try:
        web_address(text)
    except InvalidAddress as error:
        return str(error)
    return None


def _quoted(text: str) -> URL:
    if not text:
        raise InvalidAddress("The row has no address.")
    if not _SCHEME.match(text):
        raise InvalidAddress("The address does not begin with http:// or https://.")
    # Spaces are quoted, as browsers do; other white space, control characters, backslashes are refused.
    if _BAD_CHARACTERS.search(text.replace(" ", "")):
        raise InvalidAddress("The address holds characters that no address may have.")
    try:
        url = URL(text)
        host, credentials, _ = url.raw_host, url.user or url.password, url.port
    except ValueError as error:
        raise InvalidAddress("The address is malformed: its host or its port can't be read.") from error
    if not host:
        raise InvalidAddress("The address has no host.")
    if credentials:
        raise InvalidAddress("The address holds a user name or a password; give a public one.")
    if not _HOST.fullmatch(host):
        raise InvalidAddress("The host in the address is no valid name.")
    return url
