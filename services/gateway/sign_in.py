"""With AUTH=keys: whose key or session a request carries, and whether that may do what it asks."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from starlette.types import Receive

from services.gateway import access, session
from services.gateway.access import Role
from services.gateway.errors import MethodNotAllowed, NotAllowed, NotFound, NotSignedIn
from services.gateway.forms import again, field, is_form, read_form
from services.gateway.guard import SAFE
from services.gateway.keyring import Keyring, Known
from shared.postgres import UNAVAILABLE

_HOW = "Send an API key in the header `Authorization: Bearer ia_…` or `X-API-Key`."


class Visitor(NamedTuple):
    """`known` is None for one without a key; `csrf` is "" for one without a session."""

    known: Known | None = None
    csrf: str = ""

    @property
    def role(self) -> Role:
        return self.known.role if self.known else Role.ANYONE


class SignIn:
    def __init__(self, keyring: Keyring, secret: str) -> None:
        self._keyring = keyring
        self._secret = secret

    async def visitor(self, headers: Mapping[str, str]) -> Visitor:
        """Raises NotSignedIn for a key that is none. A key goes before a session."""
        key = _key_in(headers)
        if key is not None:
            known = await self._keyring.find(key)
            if known is None:
                raise NotSignedIn(f"This API key is not valid, or was revoked. {_HOW}")
            return Visitor(known)
        found = session.opened(self._secret, session.cookie_in(headers.get("cookie", "")), time.time())
        known = await self._keyring.get(found.key_id) if found else None
        return Visitor(known, found.csrf) if found and known else Visitor()

    async def open_session(self, key: str) -> tuple[Known, str]:
        """Whose key it is, and the cookie for it. Raises NotSignedIn."""
        known = await self._keyring.find(key)
        if known is None:
            raise NotSignedIn("This key is not valid, or was revoked.")
        return known, session.seal(self._secret, known.key_id, time.time())

    async def is_valid(self, known: Known) -> bool:
        """Whether a key is so still. While Postgres is away it is held for valid: who came in stays in."""
        try:
            return await self._keyring.get(known.key_id) is not None
        except UNAVAILABLE:
            return True


def check_role(visitor: Visitor, method: str, path: str) -> None:
    """Raises NotSignedIn, NotAllowed, NotFound, MethodNotAllowed."""
    if visitor.role is Role.ANYONE and not _is_open(method, path):
        raise NotSignedIn(f"This needs a login. {_HOW}")
    access.check(visitor.role, method, path)


async def check_token(visitor: Visitor, method: str, headers: Mapping[str, str], receive: Receive) -> Receive:
    """What a page's form or script does under a session carries the session's token. Gives back what the
    application reads the body from. Raises NotAllowed and ValidationError."""
    if not visitor.csrf or method in SAFE:
        return receive
    given = headers.get("x-csrf-token", "")
    if not given and is_form(headers.get("content-type", "")):
        body = await read_form(receive)
        given, receive = field(body, "csrf"), again(body, receive)
    if not session.same_token(given, visitor.csrf):
        raise NotAllowed("The page is too old to act, or its script did not run. Reload it and try again.")
    return receive


def _is_open(method: str, path: str) -> bool:
    """Without a key, what does not exist looks like what is not open."""
    try:
        return access.needed(method, path) is Role.ANYONE
    except (NotFound, MethodNotAllowed):
        return False


def _key_in(headers: Mapping[str, str]) -> str | None:
    if "authorization" in headers:
        scheme, _, key = headers["authorization"].partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn(_HOW)
        return key.strip()
    return headers.get("x-api-key")
