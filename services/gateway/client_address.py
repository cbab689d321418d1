"""Where a request comes from (pure): the peer, or what trusted proxies say of it."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# What one subscriber gets of IPv6: counted as one client.
_IPV6_SUBSCRIBER = 64


def networks_of(text: str) -> tuple[Network, ...]:
    """CIDRs by commas. Raises ValueError."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"TRUSTED_PROXIES is networks like 10.0.0.0/8, by commas: {error}") from None


def address_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """`forwarded` is X-Forwarded-For: each proxy adds at its right end whom it was asked by. What stands left
    of the rightmost address that is no trusted proxy, that client may have written itself."""
    if not is_trusted(peer, trusted):
        return peer
    found = peer
    for hop in reversed(forwarded.split(",")):
        address = _parsed(hop)
        if address is None:
            return found
        found = str(address)
        if not is_trusted(found, trusted):
            return found
    return found


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    parsed = _parsed(address) if trusted else None
    return parsed is not None and any(parsed in network for network in trusted)


@lru_cache(4096)
def client_of(address: str) -> str:
    """The name under which requests of an address are counted."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, _IPV6_SUBSCRIBER), strict=False))
    return str(parsed or "unknown")


def _parsed(text: str) -> _Address | None:
    """Of `address`, `address:port` or `[address]:port`."""
    text = text.strip()
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
