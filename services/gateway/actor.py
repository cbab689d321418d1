"""Who asks: set at the door for the time of one request, read where a change is written down."""

from contextvars import ContextVar
from typing import NamedTuple
from uuid import UUID

from services.gateway import access
from services.gateway.access import Role


class Actor(NamedTuple):
    """`name` is the key's, "local" without a login, "system" for what the gateway does by itself. `csrf` is
    the token that forms of its session carry; "" where there is no session."""

    name: str
    role: Role
    address: str = ""
    request_id: str = ""
    key_id: UUID | None = None
    csrf: str = ""


SYSTEM = Actor("system", Role.ADMIN)
_current: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def current() -> Actor:
    return _current.get()


def becomes(actor: Actor) -> None:
    """From now on in this request: each one runs in a context of its own."""
    _current.set(actor)


def check_may(method: str, path: str) -> None:
    """For a route that does what another one does, too. Raises NotAllowed."""
    access.check(current().role, method, path)
