"""What downloads may reach. The wrong answer here is a hole into the network that the analyzer runs in."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.address_guard import AddressGuard, BlockedAddress, is_public, parse_allow_nets

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001:830::200e", "64:ff9b::8.8.8.8"]

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "224.0.1.1",
    "239.1.2.3",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(address: str) -> None:
    assert AddressGuard().permits(address, 443)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_other_address_is_reached(address: str) -> None:
    assert not AddressGuard().permits(address, 80)


@pytest.mark.parametrize("name", ["localhost", "", "127.1", "0x7f.1", "2130706433", "017700000001"])
def test_what_is_no_address_is_not_reached(name: str) -> None:
    assert not AddressGuard().permits(name, 80)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address) and address not in ipaddress.ip_network("64:ff9b::/96"):
        private = (address.is_private, address.is_loopback, address.is_link_local, address.is_unspecified)
        assert not any((*private, address.is_multicast, address.is_reserved))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_is_never_more_public_than_alone(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    assert is_public(ipaddress.IPv6Address((0x64FF9B << 96) | number)) == is_public(address)
    for prefix in (0xFFFF << 32, 0):
        assert not is_public(ipaddress.IPv6Address(prefix | number))


def test_allowed_nets_open_exactly_what_they_name() -> None:
    guard = AddressGuard(
        parse_allow_nets("127.0.0.1/32:5001, 10.1.0.0/16,[fd00::/8]:80,[::1/128], fd99::/16")
    )
    reached = [("127.0.0.1", 5001), ("10.1.2.3", 9), ("fd00::1", 80), ("::1", 1), ("fd99::1", 443)]
    refused = [
        ("127.0.0.1", 5002),
        ("127.0.0.2", 5001),
        ("10.2.0.1", 9),
        ("fd00::1", 81),
        ("::2", 1),
        ("fe80::1", 1),
    ]
    assert all(guard.permits(*place) for place in reached)
    assert not any(guard.permits(*place) for place in refused)
    assert not guard.permits("::ffff:127.0.0.1", 5001)


@pytest.mark.parametrize(
    "text", ["localhost", "10.0.0.1/8", "10.0.0.0/8:0", "10.0.0.0/8:65536", "[::1", "10.0.0.0/33"]
)
def test_nets_that_are_none_are_named(text: str) -> None:
    with pytest.raises(ValueError, match="FETCH_ALLOW_NETS"):
        parse_allow_nets(f"127.0.0.0/8, {text}")


def test_sockets_are_made_for_permitted_addresses_only() -> None:
    guard = AddressGuard(parse_allow_nets("127.0.0.0/8:80"))
    with guard.make_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))) as made:
        assert made.family == socket.AF_INET
    with pytest.raises(BlockedAddress):
        guard.make_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 81)))
    with pytest.raises(BlockedAddress):
        guard.make_socket((socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%lo", 80, 0, 1)))
