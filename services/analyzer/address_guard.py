"""Which network addresses downloads may reach: public ones, and what FETCH_ALLOW_NETS names.

Asked where a socket is made, with the address it will connect to: after the name was resolved and for every
redirect, so that neither a name nor a redirect leads inside. The networks are listed here because what
`ipaddress.is_global` says differs between patch releases, and it lets multicast, 6to4 and site-local pass."""

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import NamedTuple

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]

# https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
_CLOSED_V4 = [
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
]
# Of IPv6 only global unicast is public: this leaves out loopback, mapped and compatible IPv4, unique local,
# link-local, site-local, multicast and all that is not assigned.
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = [
    ipaddress.IPv6Network(net)
    for net in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which holds an IPv4 address
        "3fff::/20",  # documentation
    )
]
# What a network that has only IPv6 gives for a host that has only IPv4: as public as the IPv4 address in it.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_BRACKETED = re.compile(r"\[([^\]]+)\](?::(\d+))?")
_PLAIN = re.compile(r"([^:]+)(?::(\d+))?")


class BlockedAddress(OSError):
    """The connection was refused here, before a packet was sent."""


class Opened(NamedTuple):
    """A network that is reachable although it is not public; `port` None is any port."""

    network: Network
    port: int | None


def parse_allow_nets(text: str) -> tuple[Opened, ...]:
    """`CIDR[:port],…`, an IPv6 CIDR in brackets where a port follows. ValueError names the bad entry."""
    return tuple(_opened(entry.strip()) for entry in text.split(",") if entry.strip())


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach it too."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


class AddressGuard:
    """Makes sockets for addresses that are permitted, and for no others."""

    def __init__(self, opened: Sequence[Opened] = ()) -> None:
        self._opened = opened

    def permits(self, host: str, port: int) -> bool:
        """`host` is an address, not a name; one that can't be read is refused."""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return is_public(address) or any(
            address in network and opened_port in (None, port) for network, opened_port in self._opened
        )

    def make_socket(self, info: AddressInfo) -> socket.socket:
        """The `socket_factory` of an aiohttp connector."""
        family, kind, protocol, _, sockaddr = info
        if not self.permits(str(sockaddr[0]), int(str(sockaddr[1]))):
            raise BlockedAddress("not a public address")
        return socket.socket(family, kind, protocol)


def _opened(entry: str) -> Opened:
    bare_v6 = "[" not in entry and entry.count(":") > 1
    match = None if bare_v6 else (_BRACKETED.fullmatch(entry) or _PLAIN.fullmatch(entry))
    net, port = match.groups() if match else (entry, None)
    try:
        network = ipaddress.ip_network(net)
    except ValueError as error:
        raise ValueError(f"FETCH_ALLOW_NETS: {entry!r} is no network ({error})") from None
    if port is not None and not 0 < int(port) < 65_536:
        raise ValueError(f"FETCH_ALLOW_NETS: {entry!r} has no valid port")
    return Opened(network, int(port) if port else None)
