"""What a request can reach: made once at the start, handed to every route."""

from dataclasses import dataclass
from typing import Annotated

import aiohttp
from fastapi import Depends, Request
from obstore.store import ObjectStore
from redis.asyncio import Redis

from services.gateway.handler import Handler
from services.gateway.settings import GatewaySettings
from shared.kafka import Producer
from shared.postgres import Pool
from shared.stopping import Stop


@dataclass(frozen=True)
class Context:
    settings: GatewaySettings
    pool: Pool
    redis: Redis
    producer: Producer
    store: ObjectStore
    http: aiohttp.ClientSession
    handler: Handler
    stop: Stop


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Ctx = Annotated[Context, Depends(_context)]
