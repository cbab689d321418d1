"""What the provider said of each key and of its group's quota, as it stands in Redis: written by the
analyzers' scripts (permit.lua, settle.lua), read for metrics and by the gateway."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from redis.asyncio import Redis

_KEYS = "quota:keys"
_GROUP = "quota:group:"
_SLOTS = "quota:slots:"
EVENTS = "quota:events"


class KeyState(StrEnum):
    OK = "ok"
    COOLING = "cooling"  # its group was refused for the quota, and rests
    PROBING = "probing"  # in one call at a time: it never answered, or its group has just rested
    QUARANTINED = "quarantined"  # the provider called it bad: left out, then tried again
    PAUSED = "paused"  # by an operator
    RETIRED = "retired"  # by an operator, for good


class Told(NamedTuple):
    """Times in ms of Redis' clock, 0: none. `limit`: what refusals left of the group's calls; `used`: its
    calls that count against the quota, some perhaps no more where nobody called for a while."""

    state: KeyState
    until: int
    since: int
    reason: str
    limit: int | None
    used: int


class Group(NamedTuple):
    limit: int | None
    rest: int
    refused: int
    used: int


def told(entry: str | None, group: Group, now: int) -> Told:
    """Of one key (pure): what is wrong with the key itself goes before what is wrong with its group."""
    state, until, since, reason = (entry or "probing|0|0|never answered").split("|", 3)
    own = KeyState(state)
    if own is KeyState.QUARANTINED and int(until) <= now:
        own = KeyState.PROBING
    if own is KeyState.OK and group.refused:
        resting = group.rest > now
        own, until = (KeyState.COOLING, str(group.rest)) if resting else (KeyState.PROBING, "0")
        reason = f"refusals for the quota in a row: {group.refused}"
    return Told(own, int(until), int(since), reason, group.limit, group.used)


async def read(redis: Redis, keys: Mapping[str, str]) -> dict[str, Told]:
    """`keys`: the group of each fingerprint."""
    if not keys:
        return {}
    groups = sorted(set(keys.values()))
    async with redis.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.hmget(_KEYS, list(keys))
        for group in groups:
            pipe.hmget(_GROUP + group, ["limit", "rest", "refused"])
            pipe.zcard(_SLOTS + group)
        (seconds, micros), entries, *states = await pipe.execute()
    now = seconds * 1_000 + micros // 1_000
    known = {group: _group(*said) for group, *said in zip(groups, states[::2], states[1::2], strict=True)}
    return {
        print_: told(entry and entry.decode(), known[group], now)
        for (print_, group), entry in zip(keys.items(), entries, strict=True)
    }


def _group(state: list[bytes | None], used: int) -> Group:
    limit, rest, refused = state
    return Group(None if limit is None else int(limit), int(rest or 0), int(refused or 0), used)
