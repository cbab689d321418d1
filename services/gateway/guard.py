"""Which requests may come in while there is no login (pure): this machine's own, and of no other site.

A page of another site may resolve its own name to 127.0.0.1 and then passes for same-origin: only the Host
that the browser sends tells it apart. And forms need nobody's leave to post across sites: only their Origin
does.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def hosts_of(configured: str) -> frozenset[str]:
    """The names under which this machine asks for itself: the usual ones, and the address listened on."""
    return _LOOPBACK | {configured.lower()}


def refusal_of(method: str, headers: Iterable[tuple[bytes, bytes]], hosts: frozenset[str]) -> str | None:
    """Why the request is refused, as a sentence; None for one that may come in."""
    given = {name.decode("latin-1"): value.decode("latin-1").lower() for name, value in headers}
    if _hostname(given.get("host", "")) not in hosts:
        return "Without a login only this machine is served: ask for http://localhost or http://127.0.0.1."
    if method not in _SAFE and _is_foreign(given):
        return "Another site's page may not act here."
    return None


def _is_foreign(given: Mapping[str, str]) -> bool:
    """Programs send neither header. Another port of this machine is another site, too."""
    origin = given.get("origin")
    if origin is not None and origin.partition("://")[2] != given["host"]:
        return True
    return given.get("sec-fetch-site") == "cross-site"


def _hostname(host: str) -> str | None:
    """Of `name:port` or `[address]:port`."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
