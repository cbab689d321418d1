"""From a URL to what is known of its image. Each image is fetched and called for once at a time,
however many rows want it."""

import asyncio
import time
from collections.abc import Awaitable, Container
from typing import NamedTuple
from uuid import UUID

from blake3 import blake3

from services.analyzer.cache import Claim, ImageCache
from services.analyzer.calls import Calls
from services.analyzer.conversion import Converter, fits
from services.analyzer.download import Downloader, Picture
from services.analyzer.entries import Entry, Fresh
from services.analyzer.memory import Memory, Portion
from services.analyzer.pending import Failed, LeaseLost, NotRunning, PendingImage, Wanted
from shared import metrics

# Another analyzer's call takes a few hundred ms; its lease, if it died, LEASE_MS.
_BUSY_SECONDS = 0.2
# Pictures in hand of one process.
_MOST_BYTES = 100_000_000

# Who wants a fresh answer can't be content with what others are about to find.
_Flown = tuple[str, Fresh | None]


class _Flight:
    """One URL on its way, in the task of the row that asked first: one of its own would cost 20 µs. It may be
    abandoned until its image is in a call."""

    def __init__(self, batch_id: UUID) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.batch_id = batch_id
        self.fetching_since: float | None = time.monotonic()
        self.image: PendingImage | None = None
        self._task = task
        self._abandoned = False
        self._waiters: list[asyncio.Future[Entry]] = []

    def abandon(self) -> None:
        if not self._abandoned and (self.image is None or not self.image.called):
            self._abandoned = True
            self._task.cancel()

    async def join(self) -> Entry:
        waiter: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return await waiter

    async def fly(self, way: Awaitable[Entry]) -> Entry:
        """What comes of it is told to all who joined. NotRunning when it was abandoned."""
        try:
            entry = await way
        except asyncio.CancelledError:
            self._end(NotRunning())
            if self._abandoned and self._task.cancelling() == 1:
                raise NotRunning from None
            raise  # the row itself is cancelled
        except Exception as error:
            self._end(error)
            raise
        finally:
            if self._abandoned:
                self._task.uncancel()
        self._end(entry)
        return entry

    def _end(self, outcome: Entry | Exception) -> None:
        for waiter in self._waiters:
            if waiter.done():  # its row has left
                continue
            if isinstance(outcome, Exception):
                waiter.set_exception(outcome)
            else:
                waiter.set_result(outcome)


class _Fetched:
    """A picture in hand, as it is sent; its hash stays that of what its address gave."""

    def __init__(self, content: bytes, content_hash: str, portion: Portion) -> None:
        self.content = content
        self.content_hash = content_hash
        self.portion = portion


class Fetch(NamedTuple):
    """`since`: on the monotonic clock."""

    url: str
    batch_id: UUID
    since: float


class Images:
    """Pictures in other `formats` are sent as JPEG."""

    def __init__(
        self,
        downloader: Downloader,
        converter: Converter,
        cache: ImageCache,
        calls: Calls,
        formats: frozenset[str],
    ) -> None:
        self._downloader = downloader
        self._formats = formats
        self._converter = converter
        self._cache = cache
        self._calls = calls
        self._memory = Memory(_MOST_BYTES)
        self._flights: dict[_Flown, _Flight] = {}
        self._by_content: dict[str, PendingImage] = {}

    async def get(self, wanted: Wanted) -> Entry:
        """The image's entry. Raises Failed, or NotRunning when it was given back before the call."""
        flown = _flown(wanted)
        flight = self._flights.get(flown)
        if flight is not None:
            return await flight.join()
        flight = self._flights[flown] = _Flight(wanted.batch_id)
        try:
            return await flight.fly(self._fly(wanted))
        finally:
            del self._flights[flown]

    def abandon(self, batches: Container[UUID]) -> None:
        """Gives back what was fetched for these batches and is in no call."""
        for flight in list(self._flights.values()):
            if flight.batch_id in batches:
                flight.abandon()

    def fetching(self) -> list[Fetch]:
        """What is being fetched now, the oldest first."""
        flights = self._flights.items()
        return [
            Fetch(flown[0], flight.batch_id, flight.fetching_since)
            for flown, flight in flights
            if flight.fetching_since is not None
        ]

    async def _fly(self, wanted: Wanted) -> Entry:
        with self._memory.portion() as portion:
            content = await self._download(wanted, portion)
            self._flights[_flown(wanted)].fetching_since = None
            fetched = _Fetched(content, blake3(content).hexdigest(), portion)
            del content  # it may give way to a smaller one
            while True:
                try:
                    return await self._resolve(wanted, fetched)
                except LeaseLost:
                    continue

    async def _download(self, wanted: Wanted, portion: Portion) -> bytes:
        began = time.monotonic()
        try:
            picture = await self._downloader.fetch(wanted.url, portion)
        except Exception:
            if wanted.suspect is not None:
                await wanted.suspect.failed()
            raise
        metrics.DOWNLOAD_SECONDS.observe(time.monotonic() - began)
        if not isinstance(picture, Picture):
            raise Failed(picture.error_class, picture.message)
        metrics.DOWNLOAD_BYTES.inc(len(picture.content))
        return picture.content

    async def _resolve(self, wanted: Wanted, fetched: "_Fetched") -> Entry:
        """By the same content in hand here, by the ledger, by another's call, or by an own call."""
        while True:
            same = self._by_content.get(fetched.content_hash)
            if same is not None and not same.answer.done():
                return await asyncio.shield(same.answer)
            claim = await self._cache.claim(wanted.url, fetched.content_hash, wanted.fresh)
            if isinstance(claim, Entry):
                return claim
            if claim is Claim.MINE and fetched.content_hash not in self._by_content:
                return await self._call(wanted, fetched)
            metrics.CACHE.labels("waited").inc()
            await asyncio.sleep(_BUSY_SECONDS)

    async def _call(self, wanted: Wanted, fetched: "_Fetched") -> Entry:
        content_hash = fetched.content_hash
        image = PendingImage(wanted, fetched.content, content_hash)
        self._by_content[content_hash] = image
        self._cache.held.add(content_hash)
        flight = self._flights.get(_flown(wanted))
        if flight is not None:
            flight.image = image
        try:
            if not fits(image.content, self._formats):
                image.content = await self._smaller(fetched)
            self._calls.put(image)
            return await image.answer
        except Failed as why:
            image.end(why)  # to all who wait for the same content
            raise
        finally:
            image.end(NotRunning())
            del self._by_content[content_hash]
            if content_hash in self._cache.held:
                await self._cache.give_up([content_hash])

    async def _smaller(self, fetched: "_Fetched") -> bytes:
        fetched.content = await self._converter.jpeg_of(fetched.content)
        fetched.portion.become(len(fetched.content))
        return fetched.content


def _flown(wanted: Wanted) -> _Flown:
    return wanted.url, wanted.fresh
