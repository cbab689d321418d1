"""One event stream a page: a part of the page is sent again when it has changed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from uuid import UUID

from services.gateway.live.hub import Hub
from services.gateway.live.streams import BEAT_SECONDS, EventStream, listen
from services.gateway.live.wording import BEAT
from shared.postgres import UNAVAILABLE

# Pages are drawn again once a second at most.
_PAUSE_SECONDS = 0.5
# The event after which nothing changes any more: the page closes its stream.
ENDED = "ended"
Parts = Mapping[str, str]


def stream(
    hub: Hub, batch_id: UUID | None, parts: Callable[[], Awaitable[Parts]], seconds: float = BEAT_SECONDS
) -> EventStream:
    """`parts` gives event names and their HTML; it is asked when there is news of the batch, or of any
    (`batch_id` None), and after `seconds` without news. Raises SystemUnavailable when as many listen as are
    served."""
    hub.refuse_more()
    return EventStream(_events(hub, batch_id, parts, seconds))


async def _events(
    hub: Hub, batch_id: UUID | None, parts: Callable[[], Awaitable[Parts]], seconds: float
) -> AsyncIterator[str]:
    sent: dict[str, str] = {}
    with hub.listening(batch_id) as listener:
        # The first time comes at once: it has what changed since the page itself was read.
        async for news in listen(listener, seconds):
            changed = changes(sent, await _parts(parts))
            sent |= changed
            yield "".join(event(name, html) for name, html in changed.items()) or BEAT
            if ENDED in changed:
                return
            if news:
                await asyncio.sleep(_PAUSE_SECONDS)


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
