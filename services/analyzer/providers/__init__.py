"""What annotates images. A provider is one file that fulfils `Provider`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from services.analyzer.analysis import FREE, Analysis, ImageFailure, Usage


class Refusal(StrEnum):
    """Why a whole call failed."""

    QUOTA = "quota"  # nothing was paid; the group rests
    KEY = "key"  # the key is bad; other keys may do
    UNAVAILABLE = "unavailable"  # transient; nothing was paid
    TIMEOUT = "timeout"  # transient; may have been paid
    UNREADABLE = "unreadable"  # it answered, but not as asked; transient; may have been paid
    CRASHED = "crashed"  # what reads the pictures died of them, or beside them; nothing was paid
    REQUEST = "request"  # the request itself is at fault; final


class CallFailed(Exception):
    """A call without an answer. `retry_after` is in seconds, where the provider named one; `usage` is what it
    charges for all the same."""

    def __init__(
        self, refusal: Refusal, message: str, retry_after: float | None = None, usage: Usage = FREE
    ) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.retry_after = retry_after
        self.usage = usage


class Provider(Protocol):
    """`name` stands in shared/cache_keys.py, with the version that enters the cache's keys. `at_once`: calls
    that it can make use of at a time, None for any number. `formats`: what it is sent as it is (sniff.py);
    other pictures become JPEG. `most_bytes`: of pictures in calls at a time, for a call holds copies."""

    name: str
    most_bytes: int
    max_images: int
    formats: frozenset[str]
    at_once: int | None
    needs_key: bool

    async def annotate(
        self, images: Sequence[bytes], key: str, deadline: float
    ) -> list[Analysis | ImageFailure]:
        """One answer an image, in order; `deadline` in seconds. Raises CallFailed."""
        ...

    async def close(self) -> None: ...
