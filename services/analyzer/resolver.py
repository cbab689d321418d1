"""Looks up hosts' names, in threads of its own: in those of the event loop, of which there are six on two
cores, a few names whose servers are silent would hold up every other host's."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

# A silent name server holds a thread for 10 to 30 s, twice as long as somebody waits. With fewer threads than
# that takes, hosts whose names are found at once would be too slow for those whose names are not.
_THREADS_A_DOWNLOAD = 2


class Resolver(AbstractResolver):
    """The system's resolver, for so many downloads at once; aiohttp asks it once for each name at a time, and
    keeps the answers."""

    def __init__(self, downloads: int) -> None:
        # They are started when all others are busy.
        self._threads = ThreadPoolExecutor(_THREADS_A_DOWNLOAD * downloads, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises socket.gaierror, or UnicodeError for what is no name."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
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
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: int) -> list[tuple[int, str]]:
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [(kind, str(place[0])) for kind, _, _, _, place in found]
