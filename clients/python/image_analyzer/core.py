"""What both clients share: calls, and when a call is sent again. Nothing here reads or writes.

An operation is a generator. It yields what is to be done (`Send`, `Sleep`, `Work`) or what was found
(`Found`), and is sent the answer. The clients do it, one with blocking calls and one with asynchronous ones.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol, TypeVar
from urllib.parse import quote

import httpx

from image_analyzer.errors import (
    ApiError,
    ImageAnalyzerError,
    RateLimited,
    SystemUnavailable,
    Unreachable,
    error_of,
)

# A reply in memory is a page of a list at most; more than this is another server's.
MOST_BYTES = 64 << 20
T = TypeVar("T")


class Sink(Protocol):
    """Takes the body of a reply as it comes."""

    def begin(self) -> None:
        """A reply begins; what came of an earlier one is void."""

    def take(self, piece: bytes) -> bool:
        """False when no more is wanted."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file in a form. It is read from its beginning each time that it is sent."""

    name: str
    content: BinaryIO


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `repeatable`: sent twice it does what it does once. `accept`: statuses from 400 on that
    are answers all the same. `silence`: seconds that the server may take for its next byte."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    file: Part | None = None
    sink: Sink | None = None
    repeatable: bool = True
    accept: tuple[int, ...] = ()
    silence: float = 60.0

    def arguments(self) -> dict[str, Any]:
        """As httpx takes them."""
        return {
            "method": self.method,
            "url": self.path,
            "params": dict(self.params),
            "headers": dict(self.headers),
            "json": self.body,
            "data": self.form,
            "files": {"file": (self.file.name, self.file.content)} if self.file else None,
            "timeout": httpx.Timeout(60, connect=5, pool=30, read=self.silence),
        }


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is empty where a sink took it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def envelope(self) -> dict[str, Any]:
        """Raises ImageAnalyzerError when it is none: then something else answers at this address."""
        try:
            said = json.loads(self.body)
        except ValueError:
            said = None
        if not isinstance(said, dict) or "data" not in said:
            if self.status >= 400:
                raise error_of(self.status, self.headers, self.body)
            raise ImageAnalyzerError("What answers at this address is not Image Analyzer Enterprise.")
        return said

    @property
    def data(self) -> Any:
        return self.envelope["data"]


class Body:
    """Where the body of a reply goes: the call's sink takes what is not an error."""

    def __init__(self, call: Call, status: int) -> None:
        self._sink = call.sink if status < 400 else None
        self._pieces = bytearray()
        if self._sink is not None:
            self._sink.begin()

    def take(self, piece: bytes) -> bool:
        """False when no more is wanted. Raises ImageAnalyzerError past 64 MB in memory."""
        if self._sink is not None:
            return self._sink.take(piece)
        self._pieces += piece
        if len(self._pieces) > MOST_BYTES:
            raise ImageAnalyzerError("The reply is larger than any of Image Analyzer Enterprise.")
        return True

    def read(self) -> bytes:
        return bytes(self._pieces)


@dataclass(frozen=True, slots=True)
class Lost:
    """No reply, or only a part of one."""

    url: str
    error: httpx.HTTPError


@dataclass(frozen=True, slots=True)
class Send:
    call: Call


@dataclass(frozen=True, slots=True)
class Sleep:
    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Something with files, which may take a while."""

    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Found:
    item: Any


Effect = Send | Sleep | Work | Found
Answer = Reply | Lost | None
Steps = Generator[Effect, Answer, T]


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a repeatable call is sent and how long it may wait in between, in seconds.

    The waits are drawn between 0 and a bound that doubles (full jitter), so that many clients do not come
    back together. What the server asks for is waited at least; when that is more than `budget`, the error
    is raised at once, and its `retry_after` says when to come again.
    """

    tries: int = 5
    base: float = 0.5
    cap: float = 20.0
    budget: float = 60.0

    def wait(self, failed: int, asked: float | None) -> float:
        """Before the next try, after `failed` ones."""
        drawn = random.uniform(0, min(self.cap, self.base * 2 ** (failed - 1)))
        return drawn + (asked or 0.0)


def settle(call: Call, retry: Retry) -> Steps[Reply]:
    """The reply to a call. Raises ApiError or Unreachable."""
    slept = 0.0
    for failed in range(1, retry.tries + 1):
        answer = yield Send(call)
        if isinstance(answer, Reply) and (answer.status < 400 or answer.status in call.accept):
            return answer
        error = failure_of(answer)
        if not call.repeatable or failed == retry.tries or not passes(error):
            raise error
        wait = retry.wait(failed, error.retry_after if isinstance(error, ApiError) else None)
        if slept + wait > retry.budget:
            raise error
        slept += wait
        yield Sleep(wait)
    raise AssertionError("the last try returns or raises")


def failure_of(answer: Answer) -> ApiError | Unreachable:
    if isinstance(answer, Reply):
        return error_of(answer.status, answer.headers, answer.body)
    assert isinstance(answer, Lost)
    what = str(answer.error) or type(answer.error).__name__
    raised = Unreachable(f"{answer.url} does not answer: {what}.")
    raised.__cause__ = answer.error
    return raised


def passes(error: ImageAnalyzerError) -> bool:
    """May be over at the next try."""
    return isinstance(error, Unreachable | RateLimited | SystemUnavailable)


def within(path: str, *names: str) -> str:
    """A path whose `{}` are filled with names; a name can't leave its place in it."""
    return path.format(*(quote(name, safe="") for name in names))
