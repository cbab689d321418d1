"""Sessions, their tokens, and where a request comes from."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway import session
from services.gateway.client_address import address_of, client_of, networks_of
from services.gateway.forms import field, is_form
from services.gateway.pages.login import local_path

SECRET = "s" * 32
KEY = UUID("7d9f2c1e-5b1a-4c55-9d60-3f0f3f7c8a11")
PROXIES = networks_of("10.0.0.0/8, fd00::/8")


@given(st.uuids(), st.integers(0, 4 * 10**9))
def test_a_session_lasts_twelve_hours(key_id: UUID, now: int) -> None:
    cookie = session.seal(SECRET, key_id, now)
    opened = session.opened(SECRET, cookie, now + session.SECONDS - 1)
    assert opened is not None
    assert opened.key_id == key_id
    assert session.opened(SECRET, cookie, now + session.SECONDS) is None
    assert session.opened("other" * 8, cookie, now) is None


@given(st.text(max_size=200))
def test_what_was_not_made_here_is_no_session(value: str) -> None:
    assert session.opened(SECRET, value, 0) is None


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_changed_cookie_is_no_session(at: int, character: str) -> None:
    cookie = session.seal(SECRET, KEY, 0)
    at %= len(cookie)
    if cookie[at] != character:
        assert session.opened(SECRET, cookie[:at] + character + cookie[at + 1 :], 0) is None


def test_each_session_has_its_own_token() -> None:
    first, second = (session.opened(SECRET, session.seal(SECRET, uuid4(), 0), 0) for _ in range(2))
    assert first is not None
    assert second is not None
    assert session.same_token(first.csrf, first.csrf)
    assert not session.same_token(second.csrf, first.csrf)
    assert not session.same_token("", first.csrf)
    assert not session.same_token("é", first.csrf)


def test_the_cookie_is_found_among_others_and_kept_from_scripts() -> None:
    header = session.set_cookie("value", secure=True)
    assert header == "ia_session=value; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"
    assert session.cookie_in("a=1; ia_session=value; b=2") == "value"
    assert session.cookie_in("my_ia_session=1") == ""
    assert "Max-Age=0" in session.set_cookie("", secure=False, seconds=0)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("9.9.9.9", "1.1.1.1", "9.9.9.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.9.9.9", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, not an address", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, junk, 10.2.2.2", "10.2.2.2"),
        ("10.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("10.0.0.1", "1.1.1.1:4711", "1.1.1.1"),
        ("::ffff:10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("", "1.1.1.1", ""),
    ],
)
def test_only_what_trusted_proxies_say_is_believed(peer: str, forwarded: str, address: str) -> None:
    assert address_of(peer, forwarded, PROXIES) == address
    assert address_of(peer, forwarded, ()) == peer


def test_one_subscriber_of_ipv6_is_one_client() -> None:
    assert client_of("2001:db8::1") == client_of("2001:db8::ffff") != client_of("2001:db8:0:1::1")
    assert client_of("::ffff:1.2.3.4") == client_of("1.2.3.4") == "1.2.3.4"
    assert client_of("") == "unknown"


@given(st.text(max_size=60))
def test_a_login_leads_to_this_site_only(text: str) -> None:
    path = local_path(text)
    assert path == "/" or (path == text and path.startswith("/") and path[1:2] not in ("/", "\\"))


@pytest.mark.parametrize(
    "text", ["//evil.example", "/\\evil.example", "https://evil.example", "/\n/evil", ""]
)
def test_other_sites_are_not_gone_to(text: str) -> None:
    assert local_path(text) == "/"
    assert local_path("/batch/1?page=2") == "/batch/1?page=2"


@given(st.binary(max_size=300))
def test_any_form_can_be_looked_into(body: bytes) -> None:
    assert isinstance(field(body, "csrf"), str)
    assert field(b"a=1&csrf=t%20x&csrf=2", "csrf") == "t x"
    assert is_form("Application/x-www-form-urlencoded; charset=utf-8")
    assert not is_form("multipart/form-data; boundary=x")
