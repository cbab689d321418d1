"""The streams of the API: state changes in order and none left out, progress, the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from uuid import UUID

from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from services.gateway import views
from services.gateway.live.history import Change, History, Position
from services.gateway.live.hub import OVERLAP, Hub
from services.gateway.live.listener import Listener, Update, View
from services.gateway.live.wording import BEAT, RETRY, EventId, event, state_event

Histories = Mapping[UUID, History]

BEAT_SECONDS = 15.0
_LONGEST_SECONDS = 6 * 3_600.0
_SEND_SECONDS = 60.0


class EventStream(StreamingResponse):
    """A reader that takes nothing for a minute is left: it may come again and loses no change of state."""

    def __init__(self, events: AsyncIterator[str]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(_SEND_SECONDS):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except TimeoutError:
            return


async def listen(listener: Listener, seconds: float = BEAT_SECONDS) -> AsyncIterator[list[Update]]:
    """News as they come, an empty list at the beginning and after `seconds` without any.

    Ends when the hub says so, or after six hours."""
    until = time.monotonic() + _LONGEST_SECONDS
    while not listener.over and time.monotonic() < until:
        yield await listener.news(seconds)


async def batch_events(hub: Hub, first: View, last: EventId | None) -> AsyncIterator[str]:
    """Begins with what was missed since `last`, or with the state of now, then the progress of now."""
    yield RETRY + _opening(first, last) + _progress(first, hub)
    heard = first.history.position
    with hub.listening(first.batch_id) as listener:
        if first.history.has_ended:
            yield _end(first)
            return
        async for news in listen(listener):
            for update in news:
                if text := _told(update, heard, hub):
                    yield text
                heard = heard.join(update.view.history.position)
                if update.view.history.has_ended:
                    yield _end(update.view)
                    return
            if not news:
                yield BEAT


async def all_events(hub: Hub, lately: Histories | None, last: EventId | None) -> AsyncIterator[str]:
    """`lately`: the batches that changed since `reach_of(last)`. With None there is a gap in what is told."""
    yield RETRY
    if lately is None:
        yield event("gap", {"advice": "Read the list of batches: too much has changed to tell it here."})
    elif last is not None:
        yield "".join(state_event(batch_id, change) for batch_id, change in missed(lately, last))
    heard = {batch_id: history.position for batch_id, history in (lately or {}).items()}
    with hub.listening(None) as listener:
        async for news in listen(listener):
            for update in news:
                if text := _told(update, heard.get(update.view.batch_id, Position()), hub):
                    yield text
            if not news:
                yield BEAT


def reach_of(last: EventId | None, now: datetime) -> datetime:
    """Since when changes may be unheard of: what was committed late has an older time than what was told."""
    return (last.at if last else now) - OVERLAP


def missed(lately: Histories, last: EventId) -> list[tuple[UUID, Change]]:
    """In the order of their times. Those of the overlap may have been told before: their ids say so."""
    found: list[tuple[UUID, Change]] = []
    for batch_id, history in lately.items():
        heard = history.before(last.at - OVERLAP)
        if batch_id == last.batch_id:
            heard = heard.join(last.position)
        found += [(batch_id, change) for change in history.after(heard)]
    return sorted(found, key=lambda pair: pair[1].at)


def _opening(first: View, last: EventId | None) -> str:
    changes = first.history.after(last.position) if last else [first.history.last]
    return "".join(state_event(first.batch_id, change) for change in changes if change)


def _told(update: Update, heard: Position, hub: Hub) -> str:
    """The changes that are new to one who has heard this much, then the progress if there is some."""
    changes = update.view.history.after(heard.join(update.heard))
    states = "".join(state_event(update.view.batch_id, change) for change in changes)
    return states + (_progress(update.view, hub) if update.moved else "")


def _progress(view: View, hub: Hub) -> str:
    return (
        event("progress", views.progress(view.batch, hub.waiting.now.of(view.batch.batch_id)))
        if view.batch
        else ""
    )


def _end(view: View) -> str:
    last = view.history.changes[-1]
    data = {"batch_id": view.batch_id, "status": last.status, "run": last.run, "at": last.at}
    return event("end", data, EventId(view.batch_id, last.position, last.at))
