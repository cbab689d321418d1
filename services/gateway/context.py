"""What a request can reach: made once at the start, handed to every route."""

from dataclasses import dataclass
from typing import Annotated

import aiohttp
from fastapi import Depends, Request
from obstore.store import ObjectStore

from services.gateway.handler import Handler
from services.gateway.live.hub import Hub
from services.gateway.settings import GatewaySettings
from shared.ops import Health
from shared.postgres import Pool


@dataclass(frozen=True)
class Context:
    settings: GatewaySettings
    pool: Pool
    store: ObjectStore
    http: aiohttp.ClientSession
    handler: Handler
    hub: Hub
    health: Health


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Ctx = Annotated[Context, Depends(_context)]
