"""One event stream a page: a part of the page is sent again when it has changed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from starlette.responses import StreamingResponse

from services.gateway.errors import SystemUnavailable
from shared.postgres import UNAVAILABLE
from shared.stopping import Stop

_EVERY_SECONDS = 1.0
_BEAT_TICKS = 15
_MOST_STREAMS = 200
_SECONDS = 6 * 3_600
# The event after which nothing changes any more: the page closes its stream.
ENDED = "ended"
Parts = Mapping[str, str]
_open = asyncio.Semaphore(_MOST_STREAMS)


def stream(parts: Callable[[], Awaitable[Parts]], stop: Stop) -> StreamingResponse:
    """`parts` gives event names and their HTML. Raises SystemUnavailable past 200 open streams."""
    if _open.locked():
        raise SystemUnavailable("Too many live pages are open. This one can be reloaded by hand.", 30)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(parts, stop), media_type="text/event-stream", headers=headers)


async def _events(parts: Callable[[], Awaitable[Parts]], stop: Stop) -> AsyncIterator[str]:
    """Ends when the process is asked to stop, or after six hours; the browser comes again by itself."""
    sent: dict[str, str] = {}
    silent = 0
    async with _open:
        for _ in range(_SECONDS):
            changed = changes(sent, await _parts(parts))
            silent = 0 if changed else silent + 1
            if changed:
                sent |= changed
                yield "".join(event(name, html) for name, html in changed.items())
                if ENDED in changed:
                    return
            elif silent % _BEAT_TICKS == 0:
                yield ": still here\n\n"
            if await stop.wait(_EVERY_SECONDS):
                return


async def _parts(parts: Callable[[], Awaitable[Parts]]) -> Parts:
    """Nothing while the database is away: the page keeps what it shows."""
    try:
        return await parts()
    except UNAVAILABLE:
        return {}


def changes(sent: Parts, now: Parts) -> dict[str, str]:
    return {name: html for name, html in now.items() if sent.get(name) != html}


def event(name: str, html: str) -> str:
    """A line break in the data is a new data line, or the stream would be cut there."""
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"event: {name}\n{lines}\n"
