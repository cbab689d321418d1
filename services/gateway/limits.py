"""How many API requests a client may make in an hour, counted in Redis for all gateways together.

A poll costs a tenth: ten of them are paid at once, and nine need no look at Redis. A client that has been
refused is refused from memory until its time has come. When Redis is away, everybody is let in.
"""

import asyncio
import math
import time
from typing import NamedTuple

from redis.asyncio import Redis

from shared.logs import log
from shared.redis import UNAVAILABLE, script

_POLLS_A_REQUEST = 10
_DEADLINE_SECONDS = 0.1
# After a fault Redis is left alone this long, so that an outage makes few requests slow.
_REST_SECONDS = 2.0
_MOST_CLIENTS = 10_000
_POLLED = ("/progress", "/status", "/health", "/ping")


class Standing(NamedTuple):
    """`reset` is the second, of the monotonic clock, when some of what was used comes back."""

    allowed: bool
    limit: int
    remaining: int
    reset: float

    def seconds(self, now: float) -> int:
        return max(1, math.ceil(self.reset - now))


class _Client:
    """What is known here of one: its last standing, and polls that are paid for."""

    def __init__(self, standing: Standing, polls: int) -> None:
        self.standing = standing
        self.polls = polls


def is_limited(path: str) -> bool:
    """The API alone: pages, their parts and pictures are not counted."""
    return path.startswith(("/api/", "/admin/"))


def is_poll(method: str, path: str) -> bool:
    return method in ("GET", "HEAD") and path.endswith(_POLLED)


class Limiter:
    def __init__(self, redis: Redis, an_hour: int) -> None:
        self._script = redis.register_script(script(__file__, "limit"))
        self._limit = an_hour
        self._clients: dict[str, _Client] = {}
        self._rests_until = 0.0

    async def take(self, name: str, poll: bool) -> Standing | None:
        """None when nothing is known: there is no limit, or Redis is away."""
        now = time.monotonic()
        if not self._limit or now < self._rests_until:
            return None
        client = self._clients.get(name)
        if client is not None and now < client.standing.reset:
            if not client.standing.allowed:
                return client.standing
            if poll and client.polls:
                client.polls -= 1
                return client.standing
        standing = await self._count(name)
        if standing is not None:
            self._remember(name, standing, poll, client)
        return standing

    async def _count(self, name: str) -> Standing | None:
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                allowed, remaining, seconds = await self._script(keys=[f"limit:{name}"], args=[self._limit])
        except UNAVAILABLE as error:
            if time.monotonic() >= self._rests_until:
                log.warning("requests are not counted", error=type(error).__name__)
            self._rests_until = time.monotonic() + _REST_SECONDS
            return None
        return Standing(bool(allowed), self._limit, remaining, time.monotonic() + seconds)

    def _remember(self, name: str, standing: Standing, poll: bool, client: _Client | None) -> None:
        polls = client.polls if client else 0
        if poll and standing.allowed:
            polls = _POLLS_A_REQUEST - 1
        if client is None and len(self._clients) >= _MOST_CLIENTS:
            del self._clients[next(iter(self._clients))]
        self._clients[name] = _Client(standing, polls)


def headers_of(standing: Standing) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % standing.limit),
        (b"ratelimit-remaining", b"%d" % standing.remaining),
        (b"ratelimit-reset", b"%d" % standing.seconds(time.monotonic())),
    ]
