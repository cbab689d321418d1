"""API keys: how they are made, what is stored of them, and what reads and writes that."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from services.gateway import actor, audit
from services.gateway.access import Role
from services.gateway.errors import NotFound, ValidationError
from shared.postgres import Connection, statements_beside
from shared.wire import clean_text

_SQL = statements_beside(__file__)
_PREFIX = "ia_"
_BYTES = 32
_NAME_LENGTH = 100
# Every gateway holds all of them in memory.
_MOST = 10_000


class KeyInfo(NamedTuple):
    """What may be shown of a key."""

    key_id: UUID
    name: str
    role: Role
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKey(NamedTuple):
    """`key` is shown once: nothing here can tell it again."""

    key: str
    info: KeyInfo


def print_of(secret: str, key: str) -> bytes:
    """A keyed print: a stolen table and even a stolen key tell nothing of each other without the secret."""
    return hmac.digest(secret.encode(), b"key:" + key.encode(), hashlib.sha256)


def role_of(text: str) -> Role:
    """Raises ValidationError."""
    roles = [role.value for role in Role if role is not Role.ANYONE]
    if text not in roles:
        raise ValidationError(f"role is one of {', '.join(roles)}, not {text[:50]!r}.")
    return Role(text)


def name_of(text: str) -> str:
    """Raises ValidationError."""
    name = " ".join(clean_text(text).split())
    if not (0 < len(name) <= _NAME_LENGTH and name.isprintable()):
        raise ValidationError(f"name is 1 to {_NAME_LENGTH} visible characters: who or what the key is for.")
    return name


async def create(connection: Connection, secret: str, name: str, role: Role) -> NewKey:
    """Raises ValidationError when there are too many."""
    key = _PREFIX + secrets.token_urlsafe(_BYTES)
    async with connection.transaction():
        if await connection.fetchval(_SQL["api_keys_count"]) >= _MOST:
            raise ValidationError(f"There are {_MOST:,} keys already; no more can be made.")
        row = await connection.fetchrow(
            _SQL["api_key_put"], uuid4(), name, role, print_of(secret, key), actor.current().name
        )
        info = _info(row)
        await audit.put(
            connection, "create_key", details={"key_id": str(info.key_id), "name": name, "role": role}
        )
    return NewKey(key, info)


async def list_all(connection: Connection) -> list[KeyInfo]:
    """Newest first, the revoked ones too."""
    return [_info(row) for row in await connection.fetch(_SQL["api_keys_all"])]


async def revoke(connection: Connection, key_id: UUID) -> KeyInfo:
    """It stops working within 2 s on every gateway. Twice is once. Raises NotFound."""
    async with connection.transaction():
        row = await connection.fetchrow(_SQL["api_key_lock"], key_id)
        if row is None:
            raise NotFound(f"There is no key {key_id}.")
        if row["revoked_at"] is None:
            row = await connection.fetchrow(_SQL["api_key_revoke"], key_id)
            await audit.put(connection, "revoke_key", details={"key_id": str(key_id), "name": row["name"]})
    return _info(row)


def _info(row: Mapping[str, Any]) -> KeyInfo:
    return KeyInfo(**{**row, "role": Role(row["role"])})
