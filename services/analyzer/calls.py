"""Turns pending images into calls: pack, take a permit, send; how a call is made is caller.py's."""

import asyncio
import time
from collections.abc import Sequence
from itertools import count
from uuid import UUID, uuid4

from services.analyzer.caller import Caller
from services.analyzer.keys import ApiKey, KeyRing
from services.analyzer.memory import Memory
from services.analyzer.pending import LeaseLost, NotRunning, Pending, PendingImage
from services.analyzer.permits import Go, Permits, Repack, Wait
from services.analyzer.states import States
from services.analyzer.suspects import Suspect
from shared import metrics
from shared.limited_by import LimitedBy, Limits
from shared.logs import log
from shared.postgres import UNAVAILABLE as POSTGRES_UNAVAILABLE
from shared.redis import UNAVAILABLE as REDIS_UNAVAILABLE

# A lone image waits no longer than this for company (the product's bound is 0.5 s).
_LINGER_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 1.0


class Calls:
    """At most `at_once` calls are in flight, of `max_images` images each, and of `most_bytes` together."""

    def __init__(
        self,
        caller: Caller,
        permits: Permits,
        keys: KeyRing,
        states: States,
        limits: Limits,
        max_images: int,
        at_once: int,
        most_bytes: int,
    ) -> None:
        self._caller = caller
        self._permits = permits
        self._keys = keys
        self._states = states
        self._limits = limits
        self._max_images = max_images
        self._slots = asyncio.Semaphore(at_once)
        self._memory = Memory(most_bytes)
        self._pending = Pending()
        self._changed = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self._run = uuid4().hex
        self._numbers = count()

    def put(self, image: PendingImage) -> None:
        self._pending.put(image)
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled; calls in flight are then awaited, for they are paid."""
        try:
            while True:
                await self._ready()
                await self._slots.acquire()
                await self._rested()
                images = self._pending.take(1 if self._caller.breaker.open else self._max_images)
                await self._memory.wait(_size(images))
                if not images or not await self._launch(images):
                    self._memory.give(_size(images))
                    self._slots.release()
        finally:
            await asyncio.gather(*self._calls)

    def _landed(self, call: "asyncio.Task[None]", images: Sequence[PendingImage]) -> None:
        """What a call did not foresee is told to all who wait for it, which ends the process."""
        self._calls.discard(call)
        error = None if call.cancelled() else call.exception()
        if isinstance(error, Exception):
            for image in images:
                image.end(error)

    async def _ready(self) -> None:
        """Until a call is full, or the image that waits longest has waited long enough."""
        while len(self._pending) < self._max_images:
            oldest = self._pending.oldest
            left = None if oldest is None else oldest + _LINGER_SECONDS - time.monotonic()
            if left is not None and left <= 0:
                return
            self._changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                return

    async def _rested(self) -> None:
        """Until the provider may be called; while it is away one image asks whether it is back."""
        while rest := self._caller.breaker.rest(time.monotonic()):
            self._limits.note(LimitedBy.PROVIDER)
            await asyncio.sleep(min(rest, _LONGEST_WAIT_SECONDS))

    async def _launch(self, images: list[PendingImage]) -> bool:
        """True when the call is on its way; otherwise the images are back in the queue, or ended."""
        call_id = f"{self._run}:{next(self._numbers)}:{len(images)}"
        try:
            verdict = await self._permits.ask(call_id, images)
            match verdict:
                case Go(_, fingerprint):
                    return await self._send(call_id, fingerprint, images)
                case Repack(flags):
                    await self._sort_out(images, flags)
                case Wait(seconds, why):
                    if why is not None:
                        self._limits.note(why)
                    await self._wait(images, seconds, why or "busy")
        except (*REDIS_UNAVAILABLE, *POSTGRES_UNAVAILABLE) as error:
            log.warning("no permit", error=type(error).__name__)
            await self._wait(images, _LONGEST_WAIT_SECONDS, LimitedBy.REDIS)
        return False

    async def _send(self, call_id: str, fingerprint: str, asked: list[PendingImage]) -> bool:
        """While the permit was asked for, images may have been given back and keys taken away."""
        images = [image for image in asked if not image.answer.done()]
        for image in images:
            image.called = True
        key = self._keys.find(fingerprint) if images else None
        if key is None:
            self._put_back(images)
            return False
        await asyncio.gather(*(suspect.sent() for suspect in _suspects(images)))
        self._memory.give(_size(asked) - _size(images))
        self._caller.breaker.sent()
        call = asyncio.create_task(self._call(call_id, key, images))
        self._calls.add(call)
        call.add_done_callback(lambda done: self._landed(done, images))
        return True

    async def _wait(self, images: Sequence[PendingImage], seconds: float, why: str) -> None:
        self._put_back(images)
        wait = min(seconds, _LONGEST_WAIT_SECONDS)
        metrics.PERMIT_WAIT_SECONDS.labels(why).inc(wait)
        await asyncio.sleep(wait)

    def _put_back(self, images: Sequence[PendingImage]) -> None:
        """What failed goes behind the others, so that an outage takes few tries of each."""
        for image in reversed(images):
            image.called = False
            if image.trouble.tries:
                self._pending.put(image)
            else:
                self._pending.put_back(image)

    async def _sort_out(self, images: list[PendingImage], flags: str) -> None:
        """Those that may not go leave the call; the others wait for a full one."""
        flagged = list(zip(images, flags, strict=True))
        stale = {image.wanted.batch_id for image, flag in flagged if flag == "u"}
        if stale:
            await self._states.refresh(stale)
        for image, flag in flagged:
            if flag == "p":
                image.end(NotRunning())
            elif flag == "l":
                image.end(LeaseLost())
        self._put_back([image for image, flag in flagged if flag in "yu"])
        self._changed.set()

    def drop(self, batch_id: UUID) -> None:
        """The batch stopped running: what has not been called for is given back."""
        for image in self._pending.drop(batch_id):
            image.end(NotRunning())

    async def _call(self, call_id: str, key: ApiKey, images: list[PendingImage]) -> None:
        try:
            again = await self._caller.call(call_id, key, images)
            await asyncio.gather(*(suspect.answered() for suspect in _suspects(images)))
            self._put_back(again)
        finally:
            self._memory.give(_size(images))
            self._slots.release()
            self._changed.set()


def _suspects(images: Sequence[PendingImage]) -> list[Suspect]:
    return [image.wanted.suspect for image in images if image.wanted.suspect is not None]


def _size(images: Sequence[PendingImage]) -> int:
    return sum(len(image.content) for image in images)
