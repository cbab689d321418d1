"""Fetches pictures: public addresses only, at most 20 MB and 15 seconds each, a bounded number at once.

A 40 KB picture takes 0.10 ms CPU (6,000 from tests/fakes/images over 25 kept connections; uvloop 0.12)."""

import asyncio
import random
from typing import Self

import aiohttp
import msgspec
from yarl import URL

from services.analyzer.address_guard import AddressGuard, Opened
from services.analyzer.fetch_failure import FAILURES, MAX_WAIT, FetchFailure, of_exception, of_status
from services.analyzer.memory import Portion
from services.analyzer.sniff import SIGNATURE_BYTES, in_words, is_picture
from shared.error_classes import ErrorClass
from shared.web_address import InvalidAddress, web_address

MAX_BYTES = 20 * 1000 * 1000
TRY_SECONDS = 15.0
CONNECT_SECONDS = 5.0
MAX_REDIRECTS = 3
# What a picture counts for until its host says how large it is.
EXPECTED_BYTES = 1_000_000
TRIES = 3
"""At most 3 · 15 s and two waits of 7 s between them: less than a minute in all."""

_HEADERS = {
    "User-Agent": "image-analyzer-enterprise",
    "Accept": "image/jpeg,image/png,image/*;q=0.9,*/*;q=0.5",
}
_TOO_LARGE = FetchFailure(ErrorClass.TOO_LARGE, f"The picture has more than {MAX_BYTES // 1_000_000} MB.")


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
        self._places = _Places(at_once)
        self._timeout = aiohttp.ClientTimeout(total=try_seconds, sock_connect=CONNECT_SECONDS)

    async def __aenter__(self) -> Self:
        # `_Places` bounds the connections; in the connector's own queue waiting would count as being slow.
        connector = aiohttp.TCPConnector(
            limit=0, ttl_dns_cache=60, keepalive_timeout=30, socket_factory=self._guard.make_socket
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            timeout=self._timeout,
            read_bufsize=256 * 1024,
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def fetch(self, address: str, portion: Portion) -> Picture | FetchFailure:
        """The picture at `address`, after up to three tries, or why there is none; `portion` is then as large
        as the picture. Raises nothing."""
        try:
            url = web_address(address)
        except InvalidAddress as error:
            return FetchFailure(ErrorClass.INVALID_URL, str(error))
        for tried in range(1, TRIES):
            outcome = await self._try(url, portion)
            if isinstance(outcome, Picture) or not outcome.again:
                return outcome
            await asyncio.sleep(max(outcome.wait, random.uniform(0, min(2.0**tried, MAX_WAIT))))
        return await self._try(url, portion)

    async def _try(self, url: URL, portion: Portion) -> Picture | FetchFailure:
        """No download begins without memory. One that needs more than there is breaks off and begins again
        when it has that: an open connection would not wait for minutes, and would hold what it has read."""
        async with self._places.at(url.raw_host or ""):
            try:
                return await self._once(url, portion, EXPECTED_BYTES)
            except _NoRoom as more:
                size = more.size
            try:
                return await self._once(url, portion, size)
            except _NoRoom:
                return await self._once(url, portion, MAX_BYTES)

    async def _once(self, url: URL, portion: Portion, size: int) -> Picture | FetchFailure:
        await portion.take(size)
        outcome = None
        try:
            # aiohttp counts the reply that it does not follow any more.
            async with self._session.get(url, max_redirects=MAX_REDIRECTS + 1) as response:
                if not 200 <= response.status < 300:
                    return of_status(response.status, response.headers.get("Retry-After", ""))
                outcome = await _read(response, portion)
                return outcome
        except FAILURES as error:
            return of_exception(error)
        finally:
            portion.shrink(len(outcome.content) if isinstance(outcome, Picture) else 0)


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
        if seen < SIGNATURE_BYTES <= size and not is_picture(b"".join(pieces)):
            break
        if size > MAX_BYTES:
            return _TOO_LARGE
        # Without a length, or a compressed one's: nothing is known but the most that it may be.
        if size > portion.size and not portion.grow(MAX_BYTES):
            raise _NoRoom(MAX_BYTES)
    content = b"".join(pieces)
    if not is_picture(content):
        return FetchFailure(ErrorClass.NOT_AN_IMAGE, in_words(content))
    return Picture(content)


class _Places:
    """Who may download now. One host gets half of the places at most: a slow one must not hold up all."""

    def __init__(self, total: int) -> None:
        self.all = asyncio.Semaphore(total)
        self.of_one = max(1, total // 2)
        self.hosts: dict[str, _Host] = {}

    def at(self, name: str) -> "_Host":
        return self.hosts.get(name) or _Host(self, name)


class _Host:
    """A place at a host, as a context that any number of downloads enter. It is forgotten with the last."""

    def __init__(self, places: _Places, name: str) -> None:
        self._places = places
        self._name = name
        self._gate = asyncio.Semaphore(places.of_one)
        self._inside = 0

    async def __aenter__(self) -> None:
        self._places.hosts[self._name] = self
        self._inside += 1
        try:
            await self._gate.acquire()
            try:
                await self._places.all.acquire()
            except BaseException:
                self._gate.release()
                raise
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._places.all.release()
        self._gate.release()
        self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        if not self._inside:
            del self._places.hosts[self._name]
