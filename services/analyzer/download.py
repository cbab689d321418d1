"""Fetches pictures: public addresses only, at most 20 MB and 15 seconds each, a bounded number at once.

A 40 KB picture takes 0.10 ms CPU (6,000 from tests/fakes/images over 25 kept connections; uvloop 0.12)."""

import asyncio
import random
import time
from typing import Self

import aiohttp
import msgspec
from yarl import URL

from services.analyzer.address_guard import AddressGuard, Opened
from services.analyzer.dimensions import MAX_PIXELS, too_many_pixels
from services.analyzer.fetch_failure import FAILURES, FetchFailure, of_exception, of_invalid, of_status
from services.analyzer.hosts import Host, Hosts, LeftAlone
from services.analyzer.memory import Portion
from services.analyzer.resolver import Resolver
from services.analyzer.sniff import SIGNATURE_BYTES, format_of, in_words
from services.analyzer.standing import PATIENCE_SECONDS
from shared.error_classes import ErrorClass
from shared.web_address import InvalidAddress, web_address

MAX_BYTES = 20 * 1000 * 1000
TRY_SECONDS = 15.0
CONNECT_SECONDS = 5.0
MAX_REDIRECTS = 3
# What a picture counts for until its host says how large it is.
EXPECTED_BYTES = 1_000_000
TRIES = 3
MAX_WAIT = 7.0
"""Seconds between two tries, unless the host asks for more."""

_HEADERS = {
    "User-Agent": "image-analyzer-enterprise",
    "Accept": "image/jpeg,image/png,image/*;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "identity",  # pictures are compressed as they are
}
_TOO_LARGE = FetchFailure(ErrorClass.TOO_LARGE, f"The picture has more than {MAX_BYTES // 1_000_000} MB.")
_TOO_MANY_PIXELS = FetchFailure(
    ErrorClass.TOO_LARGE, f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels."
)


class Picture(msgspec.Struct, frozen=True, gc=False):
    """Content that begins like a picture and is whole."""

    content: bytes


class _NoRoom(Exception):
    """The picture is larger than what was taken for it, and there is no more memory now."""

    def __init__(self, size: int) -> None:
        self.size = size


class Downloader:
    """An async context manager with the process' kept connections. `at_once` bounds all downloads."""

    def __init__(self, opened: tuple[Opened, ...], at_once: int, try_seconds: float = TRY_SECONDS) -> None:
        self._guard = AddressGuard(opened)
        self.hosts = Hosts(at_once)
        self._at_once = at_once
        self._timeout = _within(try_seconds)

    async def __aenter__(self) -> Self:
        self._resolver = Resolver(self._at_once)
        self._kept, self._brief = self._session(keep=True), self._session(keep=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._kept.close()
        await self._brief.close()
        await self._resolver.close()

    def _session(self, keep: bool) -> aiohttp.ClientSession:
        # `Hosts` bounds the connections; in the connector's own queue waiting would count as being slow.
        connector = aiohttp.TCPConnector(
            limit=0,
            ttl_dns_cache=60,
            resolver=self._resolver,
            socket_factory=self._guard.make_socket,
            **({"keepalive_timeout": 30} if keep else {"force_close": True}),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            timeout=self._timeout,
            read_bufsize=256 * 1024,
            trust_env=False,
        )

    async def fetch(self, address: str, portion: Portion) -> Picture | FetchFailure:
        """The picture at `address`, after up to three tries, or why there is none; `portion` is then as large
        as the picture. Raises nothing."""
        try:
            url = web_address(address)
        except InvalidAddress as error:
            return of_invalid(address, str(error))
        try:
            host = await self.hosts.enter(url.raw_authority)
        except LeftAlone as why:
            return why.failure
        began = time.monotonic()
        outcome = await self._try(host, url, portion)
        if isinstance(outcome, Picture) or not outcome.again:
            return outcome
        return await self._try_again(url, portion, outcome, began)

    async def _try_again(
        self, url: URL, portion: Portion, failure: FetchFailure, began: float
    ) -> Picture | FetchFailure:
        """No further try begins so late that all together take more than a minute."""
        outcome: Picture | FetchFailure = failure
        for tried in range(1, TRIES):
            await asyncio.sleep(random.uniform(0, min(2.0**tried, MAX_WAIT)))
            left = began + PATIENCE_SECONDS - time.monotonic()
            try:
                async with asyncio.timeout(left):
                    host = await self.hosts.enter(url.raw_authority, again=True)
            except LeftAlone as why:
                return why.failure
            except TimeoutError:
                break
            outcome = await self._try(host, url, portion)
            if isinstance(outcome, Picture) or not outcome.again:
                break
        return outcome

    async def _try(self, host: Host, url: URL, portion: Portion) -> Picture | FetchFailure:
        """The host learns from what came of it, and does not answer for a lack of memory here."""
        outcome: Picture | FetchFailure | None = None
        try:
            await portion.take(EXPECTED_BYTES)
            began = time.monotonic()
            outcome = await self._with_room(self._kept if host.keep else self._brief, url, portion)
        finally:
            if outcome is None:
                self.hosts.give_up(host)
            else:
                self.hosts.leave(host, began, outcome if isinstance(outcome, FetchFailure) else None)
        return outcome

    async def _with_room(
        self, session: aiohttp.ClientSession, url: URL, portion: Portion
    ) -> Picture | FetchFailure:
        """A download that needs more memory than there is breaks off and begins again when it has that: an
        open connection would not wait for minutes, and would hold what it has read. Of the time for a try the
        host gets what it has not had yet."""
        size, timeout = EXPECTED_BYTES, self._timeout
        while True:
            began = time.monotonic()
            try:
                return await self._once(session, url, portion, timeout)
            except _NoRoom as more:
                size = more.size if size == EXPECTED_BYTES else MAX_BYTES
            timeout = _within(max(0.01, (timeout.total or 0.0) - (time.monotonic() - began)))
            await portion.take(size)

    async def _once(
        self, session: aiohttp.ClientSession, url: URL, portion: Portion, timeout: aiohttp.ClientTimeout
    ) -> Picture | FetchFailure:
        outcome = None
        try:
            # aiohttp counts the reply that it does not follow any more.
            async with session.get(url, max_redirects=MAX_REDIRECTS + 1, timeout=timeout) as response:
                if not 200 <= response.status < 300:
                    return of_status(response.status, response.headers.get("Retry-After", ""))
                outcome = await _read(response, portion)
                return outcome
        except FAILURES as error:
            return of_exception(error)
        finally:
            portion.become(len(outcome.content) if isinstance(outcome, Picture) else 0)


def _within(seconds: float) -> aiohttp.ClientTimeout:
    """For redirects and the body too."""
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)


async def _read(response: aiohttp.ClientResponse, portion: Portion) -> Picture | FetchFailure:
    """The content, decoded, unless it is too much or no picture: then the rest is not waited for."""
    length = response.content_length or 0
    if length > MAX_BYTES:
        return _TOO_LARGE
    if not portion.grow(length):
        raise _NoRoom(length)
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        pieces.append(piece)
        seen, size = size, size + len(piece)
        if seen < SIGNATURE_BYTES <= size and not format_of(b"".join(pieces)):
            break
        if size > MAX_BYTES:
            return _TOO_LARGE
        # Without a length, or a compressed one's: nothing is known but the most that it may be.
        if size > portion.size and not portion.grow(MAX_BYTES):
            raise _NoRoom(MAX_BYTES)
    content = b"".join(pieces)
    if not format_of(content):
        return FetchFailure(ErrorClass.NOT_AN_IMAGE, in_words(content))
    return _TOO_MANY_PIXELS if too_many_pixels(content) else Picture(content)
