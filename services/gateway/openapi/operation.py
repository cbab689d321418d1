"""How one endpoint is described."""

from enum import Enum
from typing import Any, NamedTuple

import msgspec

JSON = "application/json"
FORM = "multipart/form-data"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
EVENTS = "text/event-stream"


class Extra(Enum):
    """What some replies have beside their body."""

    POLLED = "an ETag, 304 for one who has it, and X-Polling-Interval"
    TAGGED = "an ETag, and 304 for one who has it"
    PROBED = "503 with the same body where something is away"
    REPLAYABLE = "an Idempotency-Key makes it safe to repeat"


class Also(NamedTuple):
    """Another good reply: its status, when it comes, and the type of its `data`, None for no body."""

    status: int
    when: str
    data: Any = None


class Operation(NamedTuple):
    """`id` is the method's name in generated clients, and never changes. `data` is the type of the reply's
    `data`; `downloads` are the content types of a reply that is a file or a stream instead. `query`, `body`
    and `form` are what the route reads by itself. `refuses`: statuses beyond those of all endpoints."""

    id: str
    summary: str
    data: Any = None
    status: int = 200
    downloads: tuple[str, ...] = ()
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    form: type[msgspec.Struct] | None = None
    also: Also | None = None
    refuses: tuple[int, ...] = ()
    extra: Extra | None = None
