"""The address of a picture, checked before anything is sent anywhere. Pure."""

import re

from yarl import URL

MAX_CHARACTERS = 8_000

_READY = re.compile(r"https?://[a-z0-9._-]+(?::\d{1,5})?/[\w!#$%&'()*+,./:;=?@~\[\]-]*", re.ASCII)
_HOST = re.compile(r"[\w.:-]+", re.ASCII)
_SCHEME = re.compile(r"https?:", re.IGNORECASE)
_BAD_CHARACTERS = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff]")


class InvalidAddress(ValueError):
    """`str(error)` is a sentence that says what is wrong; it never repeats the address."""


def web_address(text: str) -> URL:
    """The address to fetch; raises InvalidAddress."""
    text = text.strip()
    if not text:
        raise InvalidAddress("The row has no address.")
    if len(text) > MAX_CHARACTERS:
        raise InvalidAddress(f"The address is longer than {MAX_CHARACTERS:,} characters.")
    if not _SCHEME.match(text):
        raise InvalidAddress("The address does not begin with http:// or https://.")
    # Spaces are quoted, as browsers do; other white space, control characters, backslashes are refused.
    if _BAD_CHARACTERS.search(text.replace(" ", "")):
        raise InvalidAddress("The address holds characters that no address may have.")
    try:
        # As it stands if it can: quoting it anew costs CPU and can break the signature of a signed address.
        url = URL(text, encoded=True) if _READY.fullmatch(text) else URL(text)
        host, credentials, _ = url.raw_host, url.user or url.password, url.port
    except ValueError as error:
        raise InvalidAddress("The address is malformed: its host or its port can't be read.") from error
    if not host:
        raise InvalidAddress("The address has no host.")
    if credentials:
        raise InvalidAddress("The address holds a user name or a password; give a public one.")
    if not _HOST.fullmatch(host) or any(
        not 0 < len(label) < 64 for label in host.removesuffix(".").split(".")
    ):
        raise InvalidAddress("The host in the address is no valid name.")
    return url
