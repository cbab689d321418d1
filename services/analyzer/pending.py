"""Images that were downloaded and wait for a call, and the fair choice among them (pure)."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from services.analyzer.analysis import ImageFailure
from services.analyzer.entries import Entry, Fresh
from services.analyzer.trouble import Trouble
from shared.error_classes import ErrorClass

MAX_CALL_BYTES = 8_000_000
# So many that do not fit beside what a call holds already are passed over for smaller ones behind them.
_LOOK_AHEAD = 16
_ANY_COMPANY = 1_000
# Called when an image's call is about to be sent: a suspicious row leaves its marker then (rule 6).
Mark = Callable[[], Awaitable[None]]


class Failed(Exception):
    """The row's result: it failed, with its class and why in words."""

    def __init__(self, error_class: ErrorClass, message: str) -> None:
        super().__init__(message)
        self.error_class = error_class
        self.message = message


class NotRunning(Exception):
    """The image's batch does not run: nothing was called, the row is given back."""


class LeaseLost(Exception):
    """Another analyzer may be calling for the image: it is claimed again."""


class Wanted(NamedTuple):
    """For whom an image is fetched: the first row that asked. `origin` is batch/row; `version` that
    of the desired state it was dispatched under; `fresh` says which known answers count, None: all."""

    url: str
    batch_id: UUID
    version: int
    weight: int
    origin: str
    mark: Mark | None = None
    fresh: Fresh | None = None


class PendingImage:
    """One distinct image under lease. `answer` ends with its entry, Failed or NotRunning."""

    def __init__(self, wanted: Wanted, content: bytes, content_hash: str) -> None:
        self.wanted = wanted
        self.content = content
        self.content_hash = content_hash
        self.answer: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        # A suspicious row runs alone: it would wait for company in vain.
        self.since = time.monotonic() if wanted.mark is None else 0.0
        self.trouble = Trouble()
        # At most so many share its next call, and only such as are under the same suspicion.
        self.company = _ANY_COMPANY
        self.passed_over = False
        self.called = False

    def end(self, outcome: Entry | Exception) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
            self.answer.exception()  # looked at: nobody may be waiting for it any more
        else:
            self.answer.set_result(outcome)

    def refuse(self, failure: ImageFailure) -> None:
        self.end(
            Failed(ErrorClass.PROVIDER_IMAGE, f"The provider could not read the picture: {failure.message}")
        )


def part(images: Sequence[PendingImage], pieces: int) -> None:
    """A call that failed for one of its images comes again in so many pieces: who is in one without it is
    answered, the others are parted again."""
    for image in images:
        image.company = max(1, len(images) // pieces)


class Pending:
    """A queue a batch. The next image is of the batch that has had the least for its weight; one that comes
    begins where the others are."""

    def __init__(self) -> None:
        self._queues: dict[UUID, deque[PendingImage]] = {}
        # Images taken of each batch that waits, divided by its weight; and what the last one taken of had.
        self._had: dict[UUID, float] = {}
        self._level = 0.0

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    @property
    def oldest(self) -> float | None:
        """When the image that waits longest began to wait (monotonic seconds)."""
        return min((queue[0].since for queue in self._queues.values()), default=None)

    def put(self, image: PendingImage) -> None:
        self._queue_of(image).append(image)

    def put_back(self, image: PendingImage) -> None:
        """First in its queue, as if it had never been taken."""
        queue = self._queue_of(image)
        if queue:
            self._had[image.wanted.batch_id] -= 1 / image.wanted.weight
        queue.appendleft(image)

    def take(self, most: int) -> list[PendingImage]:
        """Up to `most` images and MAX_CALL_BYTES. What does not fit waits, and begins the next call."""
        taken: list[PendingImage] = []
        size, waiting = 0, list(self._queues)
        while waiting and len(taken) < min(most, taken[0].company if taken else most):
            batch = self._next(waiting, first=not taken)
            image = _fitting(self._queues[batch], taken, size)
            if image is None:
                waiting.remove(batch)
            else:
                taken.append(image)
                size += len(image.content)
                self._level = self._had[batch]
                self._had[batch] += 1 / image.wanted.weight
            if not self._queues[batch]:
                del self._queues[batch], self._had[batch]
                if image is not None:
                    waiting.remove(batch)
        return taken

    def drop(self, batch_id: UUID) -> list[PendingImage]:
        self._had.pop(batch_id, None)
        return list(self._queues.pop(batch_id, ()))

    def _queue_of(self, image: PendingImage) -> deque[PendingImage]:
        batch = image.wanted.batch_id
        if batch not in self._queues:
            self._queues[batch], self._had[batch] = deque(), self._level
        return self._queues[batch]

    def _next(self, waiting: Sequence[UUID], first: bool) -> UUID:
        """Who was passed over begins, or small images of others would keep it waiting for good."""
        if first:
            for batch in waiting:
                if self._queues[batch][0].passed_over:
                    return batch
        return waiting[0] if len(waiting) == 1 else min(waiting, key=self._had.__getitem__)


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
