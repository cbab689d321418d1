"""Images that were downloaded and wait for a call, and the fair choice among them (pure)."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

from services.analyzer.analysis import ImageFailure
from services.analyzer.entries import Entry
from services.analyzer.trouble import Trouble
from shared.error_classes import ErrorClass

MAX_CALL_BYTES = 8_000_000
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
    of the desired state it was dispatched under."""

    url: str
    batch_id: UUID
    version: int
    weight: int
    origin: str
    mark: Mark | None = None


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
        self.alone = False
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


class Pending:
    """A queue a batch; a call takes from them in turns, as many at a turn as the batch weighs."""

    def __init__(self) -> None:
        self._queues: dict[UUID, deque[PendingImage]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    @property
    def oldest(self) -> float | None:
        """When the image that waits longest began to wait (monotonic seconds)."""
        return min((queue[0].since for queue in self._queues.values()), default=None)

    def put(self, image: PendingImage) -> None:
        self._queues.setdefault(image.wanted.batch_id, deque()).append(image)

    def put_back(self, image: PendingImage) -> None:
        self._queues.setdefault(image.wanted.batch_id, deque()).appendleft(image)

    def take(self, most: int) -> list[PendingImage]:
        """Up to `most` images and MAX_CALL_BYTES, fairly over the batches; one that must go alone does."""
        taken: list[PendingImage] = []
        size = 0
        while self._queues and len(taken) < most:
            batch = next(iter(self._queues))
            queue = self._queues.pop(batch)
            for _ in range(min(queue[0].wanted.weight, most - len(taken))):
                image = queue[0]
                if image.answer.done():  # abandoned while it waited
                    queue.popleft()
                    if not queue:
                        break
                    continue
                if taken and (image.alone or size + len(image.content) > MAX_CALL_BYTES):
                    self._queues = {batch: queue, **self._queues}
                    return taken
                taken.append(queue.popleft())
                size += len(image.content)
                if image.alone or not queue:
                    break
            if queue:
                self._queues[batch] = queue
            if taken and taken[0].alone:
                break
        return taken

    def drop(self, batch_id: UUID) -> list[PendingImage]:
        return list(self._queues.pop(batch_id, ()))
