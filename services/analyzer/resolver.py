"""Looks up hosts' names, in threads of its own: in those of the event loop, of which there are six on two
cores, a few names whose servers are silent would hold up every other host's."""

import asyncio
import socket
import threading
from contextlib import suppress

from aiohttp.abc import AbstractResolver, ResolveResult

# A silent name server holds a thread for 10 to 30 s, twice as long as somebody waits. With fewer threads than
# that takes, hosts whose names are found at once would be too slow for those whose names are not.
_THREADS_A_DOWNLOAD = 2
_Found = list[tuple[int, str]]


class Resolver(AbstractResolver):
    """The system's resolver, for so many downloads at once; aiohttp asks it once for each name at a time, and
    keeps the answers."""

    def __init__(self, downloads: int) -> None:
        self._free = asyncio.Semaphore(_THREADS_A_DOWNLOAD * downloads)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises socket.gaierror, or UnicodeError for what is no name."""
        await self._free.acquire()
        found = await self._begin(host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, address in found
        ]

    async def close(self) -> None:
        """Nobody waits for what is still being looked up."""

    def _begin(self, host: str, port: int, family: int) -> "asyncio.Future[_Found]":
        """In a thread that does not keep the process from ending, as an executor's do: for up to 30 s."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Found] = loop.create_future()

        def tell(outcome: _Found | Exception) -> None:
            self._free.release()
            if answer.done():  # its download has left
                return
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

        def look_up() -> None:
            outcome: _Found | Exception
            try:
                outcome = _look_up(host, port, family)
            except Exception as error:  # noqa: BLE001  # the top of this thread: whoever waits gets it
                outcome = error
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(tell, outcome)

        threading.Thread(target=look_up, name="resolver", daemon=True).start()
        return answer


def _look_up(host: str, port: int, family: int) -> _Found:
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [(kind, str(place[0])) for kind, _, _, _, place in found]
