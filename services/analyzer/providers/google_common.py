"""What providers of Google's have in common about keys and addresses."""

import ipaddress

from services.analyzer.providers import CallFailed, Refusal

KEY_REASONS = frozenset(
    {"API_KEY_INVALID", "API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED", "API_KEY_IP_ADDRESS_BLOCKED"}
)
"""Reasons of google.rpc.ErrorInfo that say of a refused request that its key is bad."""


def check_key(key: str) -> None:
    """Raises CallFailed for what can't be sent as a header: the libraries' own errors would quote the key."""
    if not (key and key.isascii() and key.isprintable()):
        raise CallFailed(Refusal.KEY, "the API key is empty or holds characters that no key has")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
