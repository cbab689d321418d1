"""Names whose servers are silent hold up no other name."""

import asyncio
import socket
import threading

import pytest

from services.analyzer import resolver
from services.analyzer.resolver import Resolver

DOWNLOADS = 20


async def test_as_many_silent_names_as_downloads_twice_over_keep_none_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def look_up(host: str, _port: int, _family: int) -> list[tuple[int, str]]:
        if host.startswith("silent"):
            over.wait(30)
        if host.startswith("unknown"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, "192.0.2.1")]

    monkeypatch.setattr(resolver, "_look_up", look_up)
    names = Resolver(DOWNLOADS)
    silent = [asyncio.create_task(names.resolve(f"silent-{n}.example")) for n in range(2 * DOWNLOADS - 1)]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            (found,) = await names.resolve("fast.example", 80)
        assert (found["host"], found["port"]) == ("192.0.2.1", 80)
        with pytest.raises(socket.gaierror):
            await names.resolve("unknown.example")
        assert not any(task.done() for task in silent)
        threads = [thread for thread in threading.enumerate() if thread.name == "resolver"]
        assert len(threads) >= len(silent)
        assert all(thread.daemon for thread in threads), "the process may end without them"
    finally:
        over.set()
        await asyncio.gather(*silent)
        await names.close()
