"""The provider's keys, by fingerprint: what the provider says of each, and what operators want of it."""

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from redis.asyncio import Redis

from services.gateway import actor, audit
from services.gateway.errors import NotFound, ValidationError
from services.gateway.settings import GatewaySettings
from shared import key_states
from shared.key_states import KeyState, Told
from shared.keys_text import fingerprint
from shared.postgres import Connection, Pool, statements_beside

_SQL = statements_beside(__file__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_EVENTS = 100
_MOST_REASON = 200
_FINGERPRINT = re.compile(r"[0-9a-f]{12}")


class Action(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    RETIRE = "retire"


_WANTED = {Action.PAUSE: KeyState.PAUSED, Action.RETIRE: KeyState.RETIRED}


def groups_of(settings: GatewaySettings) -> dict[str, str]:
    """The quota group of each key of the settings, by fingerprint."""
    return {fingerprint(secret): group or fingerprint(secret) for group, secret in settings.named_keys}


async def list_all(pool: Pool, redis: Redis, settings: GatewaySettings) -> list[dict[str, Any]]:
    """Those of the settings, and those that an operator took out of use."""
    groups = groups_of(settings)
    left_out = {row["fingerprint"]: row for row in await pool.fetch(_SQL["provider_keys_all"])}
    told = await key_states.read(redis, groups)
    return [
        _shown(one, groups.get(one), told.get(one), left_out.get(one), settings.requests_per_minute)
        for one in sorted({*groups, *left_out})
    ]


def _shown(print_: str, group: str | None, told: Told | None, row: Any, limit: int) -> dict[str, Any]:
    """What an operator wants goes before what the provider says."""
    shown: dict[str, Any] = {
        "fingerprint": print_,
        "group": group,
        "is_configured": group is not None,
        "until": None,
    }
    shown["calls_per_minute"] = limit if told is None or told.limit is None else min(limit, told.limit)
    if row is not None:
        wanted = {"state": row["wanted"], "reason": row["reason"], "since": row["changed_at"]}
        return shown | wanted | {"changed_by": row["changed_by"]}
    assert told is not None, "a key is in the settings, or an operator changed it"
    said = {"state": told.state, "reason": told.reason, "since": _time(told.since)}
    return shown | said | {"until": _time(told.until), "changed_by": None}


def _time(ms: int) -> datetime | None:
    return _EPOCH + timedelta(milliseconds=ms) if ms else None


async def events(redis: Redis) -> list[dict[str, Any]]:
    """The last changes that the provider caused, newest first."""
    found: Any = await redis.xrevrange(key_states.EVENTS, count=_MOST_EVENTS)
    plain = [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in found]
    return [{**one, "at": _time(int(one["at"]))} for one in plain]


async def change(
    connection: Connection, settings: GatewaySettings, print_: str, action: Action, reason: str
) -> KeyState | None:
    """What is wanted now, None: that the key is used. Twice is once. Raises NotFound, and ValidationError for
    a key that is retired."""
    if len(reason) > _MOST_REASON:
        raise ValidationError(f"reason has {_MOST_REASON} characters at most.")
    if not _FINGERPRINT.fullmatch(print_):
        raise NotFound(f"There is no key with the fingerprint {print_[:50]!r}: one has 12 hex digits.")
    async with connection.transaction():
        await connection.execute(_SQL["provider_keys_lock"])
        had = await connection.fetchval(_SQL["provider_key_read"], print_)
        if had is None and print_ not in groups_of(settings):
            raise NotFound(f"There is no key with the fingerprint {print_[:50]!r}.")
        wanted = _WANTED.get(action)
        if had == KeyState.RETIRED and wanted is not KeyState.RETIRED:
            raise ValidationError("This key is retired, for good: give the provider's project another one.")
        if wanted is None:
            await connection.execute(_SQL["provider_key_drop"], print_)
        elif had != wanted:
            await connection.execute(_SQL["provider_key_put"], print_, wanted, reason, actor.current().name)
        details = {"fingerprint": print_, "reason": reason}
        await audit.put(connection, f"{action}_provider_key", details=details)
    return wanted
