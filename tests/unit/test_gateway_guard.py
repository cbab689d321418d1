"""Without a login, only this machine's own requests and pages come in."""

import pytest

from services.gateway.guard import hosts_of, refusal_of

HOSTS = hosts_of("127.0.0.1")


def refused(method: str, hosts: frozenset[str] | None = HOSTS, **headers: str) -> str | None:
    return refusal_of(method, {name.replace("_", "-"): value for name, value in headers.items()}, hosts)


@pytest.mark.parametrize("host", ["localhost", "localhost:5001", "LocalHost:80", "127.0.0.1:1", "[::1]:5001"])
def test_this_machine_is_served_under_its_names_on_any_port(host: str) -> None:
    assert refused("GET", host=host) is None
    assert refused("POST", host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:5001",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "[::1",
        "10.0.0.1",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_was_bound_to_this_machine_is_refused(method: str, host: str) -> None:
    assert "only this machine" in (refused(method, host=host) or "")


def test_a_request_without_a_host_is_refused() -> None:
    assert refused("GET") is not None


def test_the_address_that_is_listened_on_is_served() -> None:
    assert refused("GET", host="127.0.0.9:5001") is not None
    assert refused("GET", hosts_of("127.0.0.9"), host="127.0.0.9:5001") is None


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost:3000", "http://127.0.0.1:5001", "", "localhost:5001"],
)
def test_another_origin_may_read_what_its_browser_lets_it_but_not_act(origin: str) -> None:
    assert refused("GET", host="localhost:5001", origin=origin) is None
    for method in ("POST", "DELETE", "PUT"):
        assert "may not act" in (refused(method, host="localhost:5001", origin=origin) or "")


def test_the_own_pages_act_also_behind_a_proxy_that_speaks_tls() -> None:
    for origin in ("http://localhost:5001", "https://localhost:5001"):
        assert refused("POST", host="localhost:5001", origin=origin, sec_fetch_site="same-origin") is None


def test_what_a_browser_calls_cross_site_may_not_act() -> None:
    assert refused("POST", host="localhost", sec_fetch_site="cross-site") is not None


def test_with_a_login_any_name_may_be_used_but_no_foreign_page_acts() -> None:
    assert refused("POST", None, host="analyzer.example") is None
    assert refused("POST", None, host="analyzer.example", origin="https://analyzer.example") is None
    assert refused("POST", None, host="analyzer.example", origin="https://evil.example") is not None
    assert refused("POST", None) is None
    assert refused("POST", None, origin="https://evil.example") is not None
