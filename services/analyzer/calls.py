"""Turns pending images into calls: pack, take a permit, call, write the ledger, answer."""

import asyncio
import random
import time
from collections.abc import Iterable, Sequence
from itertools import count
from uuid import UUID, uuid4

from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.entries import Entry
from services.analyzer.keys import ApiKey, KeyRing
from services.analyzer.ledger import Ledger
from services.analyzer.pending import Failed, LeaseLost, NotRunning, Pending, PendingImage
from services.analyzer.permits import Go, Permits, Repack, Wait
from services.analyzer.providers import CallFailed, Provider, Refusal
from services.analyzer.states import States
from shared import metrics
from shared.error_classes import ErrorClass
from shared.logs import log
from shared.postgres import UNAVAILABLE as POSTGRES_UNAVAILABLE
from shared.redis import UNAVAILABLE as REDIS_UNAVAILABLE

# A lone image waits no longer than this for company (the product's bound is 0.5 s).
_LINGER_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 1.0


class Calls:
    """`deadline` in seconds bounds every call; at most `at_once` are in flight."""

    def __init__(
        self,
        provider: Provider,
        permits: Permits,
        ledger: Ledger,
        keys: KeyRing,
        states: States,
        at_once: int,
        deadline: float,
    ) -> None:
        self._provider = provider
        self._permits = permits
        self._ledger = ledger
        self._keys = keys
        self._states = states
        self._deadline = deadline
        self._slots = asyncio.Semaphore(at_once)
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
                images = self._pending.take(self._provider.max_images)
                if not images or not await self._launch(images):
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
        while len(self._pending) < self._provider.max_images:
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

    async def _launch(self, images: list[PendingImage]) -> bool:
        """True when the call is on its way; otherwise the images are back in the queue, or ended."""
        call_id = f"{self._run}:{next(self._numbers)}"
        try:
            verdict = await self._permits.ask(call_id, images)
            match verdict:
                case Go(group):
                    return await self._send(call_id, group, images)
                case Repack(flags):
                    await self._sort_out(images, flags)
                case Wait(seconds):
                    await self._wait(images, seconds)
        except (*REDIS_UNAVAILABLE, *POSTGRES_UNAVAILABLE) as error:
            log.warning("no permit", error=type(error).__name__)
            await self._wait(images, _LONGEST_WAIT_SECONDS)
        return False

    async def _send(self, call_id: str, group: str, asked: list[PendingImage]) -> bool:
        """While the permit was asked for, images may have been given back and keys found bad."""
        images = [image for image in asked if not image.answer.done()]
        for image in images:
            image.called = True
        for image in images:
            if image.wanted.mark is not None:
                await image.wanted.mark()
        key = self._keys.take(group) if images else None
        if key is None:
            self._put_back(images)
            return False
        call = asyncio.create_task(self._call(call_id, group, key, images))
        self._calls.add(call)
        call.add_done_callback(lambda done: self._landed(done, images))
        return True

    async def _wait(self, images: Sequence[PendingImage], seconds: float) -> None:
        self._put_back(images)
        wait = min(seconds, _LONGEST_WAIT_SECONDS)
        metrics.PERMIT_WAIT_SECONDS.inc(wait)
        await asyncio.sleep(wait)

    def _put_back(self, images: Sequence[PendingImage]) -> None:
        for image in reversed(images):
            image.called = False
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

    async def _call(self, call_id: str, group: str, key: ApiKey, images: list[PendingImage]) -> None:
        metrics.CALLS_IN_FLIGHT.inc()
        began = time.monotonic()
        name = self._provider.name
        try:
            answers = await self._provider.annotate([i.content for i in images], key.secret, self._deadline)
        except CallFailed as failure:
            metrics.CALLS.labels(name, failure.refusal.value).inc()
            await self._failed(call_id, group, key, images, failure)
        else:
            self._keys.answered(key)
            metrics.CALLS.labels(name, "ok").inc()
            metrics.CALL_IMAGES.labels(name).inc(len(images))
            await self._answered(call_id, group, key, images, answers, time.monotonic() - began)
        finally:
            metrics.CALL_SECONDS.labels(name).observe(time.monotonic() - began)
            metrics.CALLS_IN_FLIGHT.dec()
            self._slots.release()
            self._changed.set()

    async def _answered(
        self,
        call_id: str,
        group: str,
        key: ApiKey,
        images: Sequence[PendingImage],
        answers: Iterable[Analysis | ImageFailure],
        seconds: float,
    ) -> None:
        """The ledger first: only what is written there is told."""
        fingerprint = key.fingerprint if key.secret else None
        told: list[Entry | ImageFailure] = [
            answer
            if isinstance(answer, ImageFailure)
            else Entry(image.wanted.origin, answer, fingerprint, seconds)
            for image, answer in zip(images, answers, strict=True)
        ]
        paid = [None if isinstance(entry, ImageFailure) else entry for entry in told]
        await self._ledger.settle(call_id, group, zip(images, paid, strict=True))
        for image, entry in zip(images, told, strict=True):
            if isinstance(entry, ImageFailure):
                image.refuse(entry)
            else:
                image.end(entry)

    async def _failed(
        self, call_id: str, group: str, key: ApiKey, images: list[PendingImage], failure: CallFailed
    ) -> None:
        log.warning("call failed", refusal=failure.refusal.value, key=key.fingerprint, why=str(failure))
        backoff = 0.0
        match failure.refusal:
            case Refusal.QUOTA:
                self._keys.answered(key)  # and its group rests
            case Refusal.KEY:
                self._keys.quarantine(key)
            case Refusal.REQUEST:
                self._keys.answered(key)
                self._blame(images, failure)
            case Refusal.UNAVAILABLE | Refusal.TIMEOUT | Refusal.CRASHED:
                self._keys.silent(key)
                self._count_try(images, failure)
                backoff = images[0].trouble.longest_backoff
        again = [image for image in images if not image.answer.done()]
        ended = ((image, None) for image in images if image.answer.done())
        await self._ledger.settle(call_id, group, ended, failure)
        await asyncio.sleep(random.uniform(0, backoff))
        self._put_back(again)

    @staticmethod
    def _blame(images: Sequence[PendingImage], failure: CallFailed) -> None:
        """A refused request is tried again image by image, so that the others do not pay for one."""
        if len(images) == 1:
            images[0].end(Failed(ErrorClass.PROVIDER_REFUSED, f"The provider refused the call: {failure}"))
        for image in images:
            image.alone = True

    @staticmethod
    def _count_try(images: Sequence[PendingImage], failure: CallFailed) -> None:
        now = time.monotonic()
        for image in images:
            image.trouble = image.trouble.after(failure.refusal, now)
            if image.trouble.deadly:
                why = f"Reading this picture ended its reader {image.trouble.crashes} times."
                image.end(Failed(ErrorClass.CRASHED, why))
            elif image.trouble.hopeless:
                why = f"The provider failed {image.trouble.tries} times: {failure}"
                image.end(Failed(ErrorClass.PROVIDER_ERROR, why))
