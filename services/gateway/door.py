"""What every request passes before the application sees it: whose page sent it, from where, who asks, how
often, and whether that role may. Routes that do not exist are no exception: nobody can sound them out."""

import time
from collections.abc import Mapping
from functools import partial

from starlette.types import Receive, Scope, Send

from services.gateway import actor, audit, limits
from services.gateway.access import Role
from services.gateway.actor import Actor
from services.gateway.client_address import Network, address_of, client_of
from services.gateway.errors import NotAllowed, NotSignedIn, RateLimited
from services.gateway.guard import SAFE, refusal_of
from services.gateway.limits import Limiter
from services.gateway.sign_in import SignIn, Visitor, check_role, check_token
from services.gateway.stream_end import ending
from shared.postgres import Pool

_PATH_LENGTH = 200


class Door:
    """`hosts` are the names to be asked by, None for any; `sign_in` is None where there is no login."""

    def __init__(
        self,
        hosts: frozenset[str] | None,
        trusted: tuple[Network, ...],
        limiter: Limiter,
        sign_in: SignIn | None,
        pool: Pool,
    ) -> None:
        self._hosts = hosts
        self._trusted = trusted
        self._limiter = limiter
        self._sign_in = sign_in
        self._pool = pool

    async def admit(self, scope: Scope, receive: Receive, send: Send) -> tuple[Receive, Send]:
        """What the application reads from and writes to. Raises ApiError for who may not come in. The headers
        of the limit are left in the scope's state: each reply carries them, a refusal too."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if why := refusal_of(scope["method"], headers, self._hosts):
            raise NotAllowed(why)
        address = address_of(_peer(scope), headers.get("x-forwarded-for", ""), self._trusted)
        who = Actor("local", Role.ADMIN, address, scope["state"]["request_id"])
        if self._sign_in is None:
            actor.becomes(who)
            await self._count(scope, client_of(address))
            return receive, send
        visitor = await self._visitor(self._sign_in, scope, headers, who)
        await self._check_role(visitor, scope["method"], scope["path"])
        if visitor.known is not None:
            send = ending(send, partial(self._sign_in.is_valid, visitor.known))
        return await check_token(visitor, scope["method"], headers, receive), send

    async def _visitor(
        self, sign_in: SignIn, scope: Scope, headers: Mapping[str, str], who: Actor
    ) -> Visitor:
        """Counted by its key; without a valid one, by its address."""
        try:
            visitor = await sign_in.visitor(headers)
        except NotSignedIn:
            await self._count(scope, client_of(who.address))
            raise
        if (known := visitor.known) is None:
            actor.becomes(who._replace(name="anyone", role=Role.ANYONE))
            await self._count(scope, client_of(who.address))
        else:
            actor.becomes(
                who._replace(name=known.name, role=known.role, key_id=known.key_id, csrf=visitor.csrf)
            )
            await self._count(scope, f"key:{known.key_id}")
        return visitor

    async def _count(self, scope: Scope, client: str) -> None:
        path = scope["path"]
        if not limits.is_limited(path):
            return
        standing = await self._limiter.take(client, limits.is_poll(scope["method"], path))
        if standing is None:
            return
        scope["state"]["headers"] = limits.headers_of(standing)
        if not standing.allowed:
            seconds = standing.seconds(time.monotonic())
            raise RateLimited(
                f"More than {standing.limit:,} requests in an hour. Try again in {seconds} s.",
                {"Retry-After": str(seconds)},
            )

    async def _check_role(self, visitor: Visitor, method: str, path: str) -> None:
        """That a key tried what it may not is written down: someone should know."""
        try:
            check_role(visitor, method, path)
        except NotAllowed:
            if method not in SAFE:
                details = {"method": method, "path": path[:_PATH_LENGTH]}
                await audit.put(self._pool, "request", details=details, outcome="refused")
            raise


def _peer(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""
