"""How live events read on the wire (pure): server-sent events, as the HTML standard has them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.gateway.live.history import Change, Position

# Browsers come again after this many milliseconds.
RETRY = "retry: 2000\n\n"
BEAT = ": still here\n\n"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MICROSECONDS = 10**17  # the year 5138
_ID = re.compile(r"([0-9a-f-]{36})\.(\d{1,18})\.([01])\.(\d{1,9})\.(\d{1,18})", re.ASCII)


class EventId(NamedTuple):
    """Of a change: its batch, what was heard of that batch with it, and its time. It is the same in every
    stream, unless something that was committed late came before it."""

    batch_id: UUID
    position: Position
    at: datetime

    def __str__(self) -> str:
        version, started, ended = self.position
        microseconds = (self.at - _EPOCH) // timedelta(microseconds=1)
        return f"{self.batch_id}.{version}.{started}.{ended}.{microseconds}"


def event_id_of(text: str | None) -> EventId | None:
    """Of a `Last-Event-ID`; None for one that is none of ours."""
    found = _ID.fullmatch(text or "")
    if found is None or int(found[5]) > _MOST_MICROSECONDS:
        return None
    try:
        batch_id = UUID(found[1])
    except ValueError:
        return None
    position = Position(int(found[2]), int(found[3]), int(found[4]))
    return EventId(batch_id, position, _EPOCH + timedelta(microseconds=int(found[5])))


def state_event(batch_id: UUID, change: Change) -> str:
    data = {
        "batch_id": batch_id,
        "status": change.status,
        "previous_status": change.previous,
        "version": change.version,
        "run": change.run,
        "at": change.at,
    }
    return event("state", data, EventId(batch_id, change.position, change.at))


def event(name: str, data: Any, event_id: EventId | None = None) -> str:
    """One line of JSON, so that the stream is never cut in an event."""
    numbered = f"id: {event_id}\n" if event_id else ""
    return f"event: {name}\n{numbered}data: {msgspec.json.encode(data).decode()}\n\n"
