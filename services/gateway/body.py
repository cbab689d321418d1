"""The body of a request: bounded in its silences and in its whole time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from services.gateway.errors import ValidationError

_SILENCE_SECONDS = 60.0


def declared_length(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """A sender that is too slow is told so."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ValidationError("The upload took too long or fell silent. Send it again.") from error


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The request's body, piece by piece."""
    stream = aiter(request.stream())
    while True:
        async with within(_SILENCE_SECONDS):
            piece = await anext(stream, None)
        if piece is None:
            return
        yield piece
