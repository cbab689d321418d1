"""What a request can reach: made once at the start, handed to every route."""

from dataclasses import dataclass
from typing import Annotated

import aiohttp
from fastapi import Depends, Request
from obstore.store import ObjectStore
from redis.asyncio import Redis

from services.gateway.handler import Handler
from services.gateway.live.hub import Hub
from services.gateway.settings import GatewaySettings
from services.gateway.sign_in import SignIn
from shared.ops import Health
from shared.postgres import Pool


@dataclass(frozen=True)
class Context:
    """`sign_in` is None where there is no login."""

    settings: GatewaySettings
    pool: Pool
    store: ObjectStore
    http: aiohttp.ClientSession
    handler: Handler
    hub: Hub
    health: Health
    sign_in: SignIn | None
    redis: Redis


async def _context(request: Request) -> Context:
    """A coroutine, as all that routes depend on: FastAPI runs plain functions in threads, for 0.2 ms each."""
    context: Context = request.app.state.context
    return context


Ctx = Annotated[Context, Depends(_context)]
