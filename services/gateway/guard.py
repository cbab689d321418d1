"""Which requests may come in at all (pure): of no foreign page; without a login, this machine's alone.

A page of another site may resolve its own name to 127.0.0.1 and then passes for same-origin: only the Host
that the browser sends tells it apart. With a login it gains nothing by that: it has no cookie of ours under
that name. And forms need nobody's leave to post across sites: only their Origin tells.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def hosts_of(configured: str) -> frozenset[str]:
    """The names under which this machine asks for itself: the usual ones, and the address listened on."""
    return _LOOPBACK | {configured.lower()}


def refusal_of(method: str, headers: Mapping[str, str], hosts: frozenset[str] | None) -> str | None:
    """Why the request is refused, as a sentence; None for one that may come in. `headers` by their names in
    small letters; `hosts` is None where any name may be used."""
    host = headers.get("host", "").lower()
    if hosts is not None and _hostname(host) not in hosts:
        return "Without a login only this machine is served: ask for http://localhost or http://127.0.0.1."
    if method not in SAFE and _is_foreign(headers, host):
        return "Another site's page may not act here."
    return None


def _is_foreign(headers: Mapping[str, str], host: str) -> bool:
    """Programs send neither header. Another port of this machine is another site, too."""
    origin = headers.get("origin")
    if origin is not None and origin.lower().partition("://")[2] != host:
        return True
    return headers.get("sec-fetch-site", "").lower() == "cross-site"


def _hostname(host: str) -> str | None:
    """Of `name:port` or `[address]:port`."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
