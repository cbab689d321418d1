"""Images that were downloaded and wait for a call, and the fair choice among them (pure)."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from services.analyzer.analysis import ImageFailure
from services.analyzer.entries import Entry, Fresh
from services.analyzer.suspects import ANY_COMPANY, Suspect
from services.analyzer.trouble import Trouble
from shared.error_classes import ErrorClass

MAX_CALL_BYTES = 8_000_000
# So many that do not fit beside what a call holds already are passed over for smaller ones behind them.
_LOOK_AHEAD = 16


class Failed(Exception):
    """The row's result: it failed, with its class and why in words. `cost`: micro-dollars that were paid all
    the same, for `units`, by the row `origin`."""

    def __init__(
        self, error_class: ErrorClass, message: str, cost: int = 0, units: int = 0, origin: str = ""
    ) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message
        self.cost = cost
        self.units = units
        self.origin = origin


class NotRunning(Exception):
    """The image's batch does not run: nothing was called, the row is given back."""


class LeaseLost(Exception):
    """Another analyzer may be calling for the image: it is claimed again."""


class Wanted(NamedTuple):
    """For whom an image is fetched: the first row that asked. `origin` is batch/row; `version` that
    of the desired state it was dispatched under; `fresh` says which known answers count, None: all; a
    `suspect` is a row that may have ended its process."""

    url: str
    batch_id: UUID
    version: int
    weight: int
    origin: str
    suspect: Suspect | None = None
    fresh: Fresh | None = None


class PendingImage:
    """One distinct image under lease. `answer` ends with its entry, Failed or NotRunning."""

    def __init__(self, wanted: Wanted, content: bytes, content_hash: str) -> None:
        self.wanted = wanted
        self.content = content
        self.content_hash = content_hash
        self.answer: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self.since = time.monotonic()
        self.trouble = Trouble()
        # At most so many share its next call, and only such as are under the same suspicion.
        self.company = wanted.suspect.company if wanted.suspect else ANY_COMPANY
        self.passed_over = False
        self.called = False
        # Of all its calls: micro-dollars, and what the provider counted for them.
        self.cost = 0
        self.units = 0

    def end(self, outcome: Entry | Exception) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
            self.answer.exception()  # looked at: nobody may be waiting for it any more
        else:
            self.answer.set_result(outcome)

    def fail(self, error_class: ErrorClass, message: str) -> None:
        self.end(Failed(error_class, message, self.cost, self.units, self.wanted.origin))

    def refuse(self, failure: ImageFailure) -> None:
        if failure.blocked:
            self.fail(ErrorClass.PROVIDER_BLOCKED, failure.message)
        else:
            self.fail(
                ErrorClass.PROVIDER_IMAGE, f"The provider could not read the picture: {failure.message}"
            )


def part(images: Sequence[PendingImage], pieces: int) -> None:
    """A call that failed for one of its images comes again in so many pieces: who is in one without it is
    answered, the others are parted again."""
    for image in images:
        image.company = max(1, len(images) // pieces)


class _Lane:
    """A batch's queue; `had` are the images taken of it, divided by its weight."""

    def __init__(self, had: float) -> None:
        self.queue: deque[PendingImage] = deque()
        self.had = had


class Pending:
    """A lane a batch. The next image is of the batch that has had the least for its weight; one that comes
    begins where the others are."""

    def __init__(self) -> None:
        self._lanes: dict[UUID, _Lane] = {}
        self._level = 0.0  # what the batch of the last image had

    def __len__(self) -> int:
        return sum(len(lane.queue) for lane in self._lanes.values())

    @property
    def oldest(self) -> float | None:
        """When the image that waits longest began to wait (monotonic seconds)."""
        return min((lane.queue[0].since for lane in self._lanes.values()), default=None)

    def put(self, image: PendingImage) -> None:
        self._lane_of(image).queue.append(image)

    def put_back(self, image: PendingImage) -> None:
        """First in its queue, as if it had never been taken."""
        lane = self._lane_of(image)
        if lane.queue:
            lane.had -= 1 / image.wanted.weight
        lane.queue.appendleft(image)

    def take(self, most: int) -> list[PendingImage]:
        """Up to `most` images and MAX_CALL_BYTES. What does not fit waits, and begins the next call."""
        taken: list[PendingImage] = []
        size, waiting = 0, list(self._lanes.values())
        while waiting and len(taken) < min(most, taken[0].company if taken else most):
            lane = _next(waiting, first=not taken)
            image = _fitting(lane.queue, taken, size)
            if image is not None:
                taken.append(image)
                size += len(image.content)
                self._level = lane.had
                lane.had += 1 / image.wanted.weight
            if image is None or not lane.queue:
                waiting.remove(lane)
        self._lanes = {batch: lane for batch, lane in self._lanes.items() if lane.queue}
        return taken

    def drop(self, batch_id: UUID) -> list[PendingImage]:
        lane = self._lanes.pop(batch_id, None)
        return list(lane.queue) if lane else []

    def _lane_of(self, image: PendingImage) -> _Lane:
        lane = self._lanes.get(image.wanted.batch_id)
        if lane is None:
            lane = self._lanes[image.wanted.batch_id] = _Lane(self._level)
        return lane


def _next(waiting: Sequence[_Lane], first: bool) -> _Lane:
    """Who was passed over begins, or small images of others would keep it waiting for good."""
    if first:
        for lane in waiting:
            if lane.queue[0].passed_over:
                return lane
    return waiting[0] if len(waiting) == 1 else min(waiting, key=attrgetter("had"))


def _fitting(queue: deque[PendingImage], taken: Sequence[PendingImage], size: int) -> PendingImage | None:
    """The first that may join what is taken, out of its queue; without those that were given back."""
    while queue and queue[0].answer.done():
        queue.popleft()
    for place in range(min(len(queue), _LOOK_AHEAD)):
        image = queue[place]
        if image.answer.done():
            continue
        if not taken or _joins(image, taken[0], size):
            del queue[place]
            image.passed_over = False
            return image
        image.passed_over = True
    return None


def _joins(image: PendingImage, first: PendingImage, size: int) -> bool:
    return image.company == first.company and size + len(image.content) <= MAX_CALL_BYTES
