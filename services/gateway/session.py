"""The session of a signed-in browser (pure): a signed cookie, and the token that its forms carry.

Nothing of it is stored: it names a key, and ends with it, or by its own time. So pages also work while Redis
is away, and revoking a key ends every session that was opened with it.
"""

import hashlib
import hmac
from typing import NamedTuple
from uuid import UUID

COOKIE = "ia_session"
SECONDS = 12 * 3_600


class Session(NamedTuple):
    """`csrf` can be told by nobody who has not the cookie, and pages of other sites can't read it."""

    key_id: UUID
    csrf: str


def seal(secret: str, key_id: UUID, now: float) -> str:
    """The cookie's value."""
    text = f"{key_id.hex}.{int(now) + SECONDS}"
    return f"{text}.{_sign(secret, 'session', text)}"


def opened(secret: str, value: str, now: float) -> Session | None:
    """None for a cookie that was not made here, or has run out."""
    text, _, signature = value.rpartition(".")
    if not (value.isascii() and hmac.compare_digest(signature, _sign(secret, "session", text))):
        return None
    key_id, _, ends = text.partition(".")
    if now >= int(ends):
        return None
    return Session(UUID(key_id), _sign(secret, "csrf", value))


def set_cookie(value: str, secure: bool, seconds: int = SECONDS) -> str:
    """The Set-Cookie header; an empty value with 0 seconds forgets it."""
    header = f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax"
    return f"{header}; Secure" if secure else header


def cookie_in(header: str) -> str:
    """The session's cookie among those of a Cookie header; "" where there is none."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def same_token(given: str, csrf: str) -> bool:
    return given.isascii() and hmac.compare_digest(given, csrf)


def _sign(secret: str, purpose: str, text: str) -> str:
    return hmac.digest(secret.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hex()
