"""What `make run` says where a login is needed: it has no key of its own."""

from __future__ import annotations

import shlex
import sys

from dev.servers.choose import Addresses
from dev.settings import Settings


def is_needed(wanted: Settings) -> bool:
    return wanted.environ.get("AUTH") == "keys"


def advice(wanted: Settings, addresses: Addresses) -> str:
    """How the first key is made. An address that the user gave may hold a password, so it is not shown."""
    own = f"DATABASE_URL={shlex.quote(addresses.database_url)} " if wanted.database_url is None else ""
    return (
        "AUTH=keys: nobody comes in without a key, the sample batch neither. The first key, with the same"
        f" AUTH_SECRET:\n  {own}{sys.executable} -m services.gateway keys create --role admin"
    )
