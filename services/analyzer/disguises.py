"""Whether an address is written so that it means a place inside, in whatever disguise. Pure.

It only tells the person who sent the address what is wrong with it: what keeps downloads out is the guard at
the socket, which no way of writing gets past."""

import ipaddress
import re
import unicodedata
from urllib.parse import unquote

from services.analyzer.address_guard import Address, is_public

_HOST = re.compile(r"(?:(?:https?:)?//)?(?:[^/?#\\]*@)?(\[[^\]]*\]|[^/?#\\:]*)", re.IGNORECASE)
_HERE = ipaddress.IPv4Address("127.0.0.1")
# Names are 253 characters at most, and nothing long is an address.
_LONGEST = 300


def leads_inside(text: str) -> bool:
    """Whether the host in `text`, an address or a host alone, is one that is not public."""
    match = _HOST.match(text.strip()[:_LONGEST])
    address = disguised(match[1]) if match and text.isprintable() else None
    return address is not None and not is_public(address)


def disguised(host: str) -> Address | None:
    """The address that a host is, in any spelling that some program takes for one: short, decimal, octal or
    hexadecimal numbers, letters of other forms, percent signs, a zone, dots at its end. None for a name."""
    plain = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".").lower()
    plain = plain.strip("[]").partition("%")[0].partition("\0")[0].rstrip(".")
    if plain == "localhost" or plain.endswith(".localhost"):
        return _HERE
    try:
        return ipaddress.ip_address(plain)
    except ValueError:
        return _of_numbers(plain.split("."))


def _of_numbers(parts: list[str]) -> Address | None:
    """As inet_aton reads them: each a byte, the last one all that is left."""
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    *bytes_, rest = numbers
    if len(numbers) > 4 or any(byte > 255 for byte in bytes_) or rest >= 256 ** (4 - len(bytes_)):
        return None
    shifts = range(24, 0, -8)
    return ipaddress.IPv4Address(
        sum(byte << shift for byte, shift in zip(bytes_, shifts, strict=False)) + rest
    )


def _number(part: str) -> int:
    if not part.isascii() or not part.isalnum():
        raise ValueError
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)
