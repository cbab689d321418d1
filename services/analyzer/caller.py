"""One call, from the provider's answer to the ledger to whoever waits for its images."""

import asyncio
import random
import time
from collections.abc import Iterable, Sequence

from services.analyzer.analysis import Analysis, ImageFailure, Usage
from services.analyzer.breaker import Breaker
from services.analyzer.entries import Entry
from services.analyzer.keys import ApiKey
from services.analyzer.ledger import Ledger
from services.analyzer.pending import PendingImage, part
from services.analyzer.providers import CallFailed, Provider, Refusal
from shared import metrics
from shared.error_classes import ErrorClass
from shared.logs import log
from shared.price import Price, dollars


class Caller:
    """`deadline` in seconds bounds every call. `breaker` hears how each ended."""

    def __init__(self, provider: Provider, ledger: Ledger, deadline: float, price: Price) -> None:
        self._provider = provider
        self._ledger = ledger
        self._deadline = deadline
        self._price = price
        self._spent = metrics.COST.labels(provider.name)
        self._units = metrics.UNITS.labels(provider.name)
        self.breaker = Breaker()

    async def call(self, call_id: str, key: ApiKey, images: list[PendingImage]) -> list[PendingImage]:
        """Ends what can be ended; returns the images that another call may still answer."""
        metrics.CALLS_IN_FLIGHT.inc()
        began = time.monotonic()
        name = self._provider.name
        try:
            answers = await self._provider.annotate([i.content for i in images], key.secret, self._deadline)
        except CallFailed as failure:
            metrics.CALLS.labels(name, failure.refusal.value).inc()
            return await self._failed(call_id, key, images, failure)
        else:
            self.breaker.answered()
            metrics.PROVIDER_AWAY.set(False)
            metrics.CALLS.labels(name, "ok").inc()
            metrics.CALL_IMAGES.labels(name).inc(len(images))
            await self._answered(call_id, key, images, answers, time.monotonic() - began)
            return []
        finally:
            metrics.CALL_SECONDS.labels(name).observe(time.monotonic() - began)
            metrics.CALLS_IN_FLIGHT.dec()

    async def _answered(
        self,
        call_id: str,
        key: ApiKey,
        images: Sequence[PendingImage],
        answers: Iterable[Analysis | ImageFailure],
        seconds: float,
    ) -> None:
        """The ledger first: only what is written there is told."""
        fingerprint, now = key.fingerprint if key.secret else None, time.time()
        pairs = list(zip(images, answers, strict=True))
        self._charge((image, int(isinstance(answer, Analysis)), answer.usage) for image, answer in pairs)
        told = [
            answer
            if isinstance(answer, ImageFailure)
            else Entry(image.wanted.origin, answer, fingerprint, seconds, now, image.cost, image.units)
            for image, answer in pairs
        ]
        paid = [None if isinstance(entry, ImageFailure) else entry for entry in told]
        await self._ledger.settle(call_id, key, zip(images, paid, strict=True))
        for image, entry in zip(images, told, strict=True):
            if isinstance(entry, ImageFailure):
                image.refuse(entry)
            else:
                image.end(entry)

    def _charge(self, charged: Iterable[tuple[PendingImage, int, Usage]]) -> None:
        """What the provider takes for each, answered images and tokens, to the account of the row that it is
        called for."""
        all_cost = all_units = 0
        for image, images, usage in charged:
            cost, units = self._price.of(images, *usage), self._price.units(images, *usage)
            image.cost += cost
            image.units += units
            all_cost += cost
            all_units += units
        self._spent.inc(dollars(all_cost))
        self._units.inc(all_units)

    async def _failed(
        self, call_id: str, key: ApiKey, images: list[PendingImage], failure: CallFailed
    ) -> list[PendingImage]:
        log.warning("call failed", refusal=failure.refusal.value, key=key.fingerprint, why=str(failure))
        backoff = 0.0
        self._charge([(images[0], 0, failure.usage)])
        self._tell_breaker(failure.refusal)
        match failure.refusal:
            case Refusal.REQUEST:
                self._blame(images, failure)
            case Refusal.UNAVAILABLE | Refusal.TIMEOUT | Refusal.UNREADABLE | Refusal.CRASHED:
                self._count_try(images, failure)
                backoff = 0.0 if self.breaker.open else images[0].trouble.longest_backoff
        again = [image for image in images if not image.answer.done()]
        ended = ((image, None) for image in images if image.answer.done())
        await self._ledger.settle(call_id, key, ended, failure)
        await asyncio.sleep(random.uniform(0, backoff))
        return again

    def _tell_breaker(self, refusal: Refusal) -> None:
        was_open = self.breaker.open
        match refusal:
            case Refusal.UNAVAILABLE | Refusal.TIMEOUT:
                self.breaker.failed(time.monotonic())
            case Refusal.QUOTA | Refusal.KEY:
                self.breaker.undecided()
            case Refusal.REQUEST | Refusal.UNREADABLE | Refusal.CRASHED:
                self.breaker.answered()
        metrics.PROVIDER_AWAY.set(self.breaker.open)
        if self.breaker.open and not was_open:
            log.warning("the provider is away: rows wait")

    @staticmethod
    def _blame(images: Sequence[PendingImage], failure: CallFailed) -> None:
        """A refused request is tried again in halves, so that the others do not pay for one: of sixteen
        images it costs eight calls more, image by image it would be sixteen."""
        if len(images) == 1:
            images[0].fail(ErrorClass.PROVIDER_REFUSED, f"The provider refused the call: {failure}")
        part(images, 2)

    def _count_try(self, images: Sequence[PendingImage], failure: CallFailed) -> None:
        outage = self.breaker.open
        if failure.refusal is Refusal.TIMEOUT and not outage:
            part(images, 4)  # the third time is the last: by then the one that takes so long is alone
        for image in images:
            image.trouble = image.trouble.after(failure.refusal, outage=outage)
            if image.trouble.deadly:
                why = f"Reading this picture ended its reader {image.trouble.crashes} times."
                image.fail(ErrorClass.CRASHED, why)
            elif image.trouble.hopeless:
                why = f"The provider failed {image.trouble.tries} times: {failure}"
                image.fail(ErrorClass.PROVIDER_ERROR, why)
