"""The live events of a batch, as they come in."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from image_analyzer.models import Progress

OnProgress = Callable[[Progress], object]
# An event is a few hundred bytes; what grows beyond this is no stream of events.
_MOST_BYTES = 1 << 20
_ENDS = ("completed", "failed", "cancelled")


class Follower:
    """Tells each progress and each change of state. Wants no more after the end, or when time is over."""

    def __init__(self, last: Progress, tell: OnProgress, deadline: float | None) -> None:
        self._last = last
        self._tell = tell
        self._deadline = deadline
        self._rest = b""
        self.heard = False
        self.ended = False

    def begin(self) -> None:
        self._rest = b""

    def take(self, piece: bytes) -> bool:
        self.heard = True
        *events, self._rest = (self._rest + piece).split(b"\n\n")
        for text in events:
            name, data = event_of(text)
            if name == "end":
                self.ended = True
                return False
            self._on(name, data)
        return len(self._rest) < _MOST_BYTES and (self._deadline is None or time.monotonic() < self._deadline)

    def _on(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "progress":
            self._last = Progress.of(data)
        elif name == "state" and data.get("status") != self._last.status:
            if data.get("status") in _ENDS:
                return  # its last rows were not told yet: the look after the end has them
            self._last = replace(self._last, status=str(data.get("status")))
        else:
            return
        self._tell(self._last)


def event_of(text: bytes) -> tuple[str, Mapping[str, Any]]:
    """Its name and its data; comments and what is not ours have no name."""
    fields = dict(line.partition(": ")[::2] for line in text.decode(errors="replace").splitlines())
    try:
        data = json.loads(fields.get("data", ""))
    except ValueError:
        return "", {}
    return (fields.get("event", ""), data) if isinstance(data, dict) else ("", {})
