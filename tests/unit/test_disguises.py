"""Ways to write an address that leads inside; tests/integration/test_blocked_addresses.py follows many."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analyzer.disguises import disguised, leads_inside


@given(st.ip_addresses(v=4), st.integers(1, 4), st.data())
def test_every_spelling_of_a_number_is_read_as_inet_aton_does(
    address: ipaddress.IPv4Address, parts: int, data: st.DataObject
) -> None:
    packed = address.packed
    numbers = [*packed[: parts - 1], int.from_bytes(packed[parts - 1 :], "big")]
    forms = st.sampled_from(["{}", "0{:o}", "0x{:x}", "0X{:X}", "00{:o}"])
    assert disguised(".".join(data.draw(forms).format(number) for number in numbers)) == address


@given(st.ip_addresses(v=6))
def test_ipv6_is_read_with_brackets_zone_and_all_digits(address: ipaddress.IPv6Address) -> None:
    assert disguised(f"[{address}]") == disguised(f"[{address.exploded}%25eth0]") == address


@pytest.mark.parametrize(
    "text",
    [
        "http://127.1/x",
        "//0x7f.1:80",
        "http://user:word@10.0.0.1/",
        "http://a.example@b@10.0.0.1/",
        "http://127.0.0.1\\@a.example.com/",
        "http://localhost./",
        "a.localhost",
        "http://①②⑦.⓪.⓪.①/",
        "http://127%2e0%2e0%2e1/",
    ],
)
def test_a_place_inside_is_recognised_in_an_address(text: str) -> None:
    assert leads_inside(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "http://a.example.com/127.0.0.1",
        "http://8.8.8.8/?a=@127.0.0.1",
        "http://134744072/",
        "http://1.2.3.4.5/",
        "http://256.256.256.256/",
        "http://9999999999/",
        "http://127.0.0.1.example.com/",
        "http://0xzz/",
        "http://-1/",
        "http://[::g]/",
    ],
)
def test_names_and_public_places_are_not(text: str) -> None:
    assert not leads_inside(text)


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    leads_inside(text)
