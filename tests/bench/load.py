"""Requests as fast as they are answered, over kept connections: their rate and how long each took."""

import asyncio
import json
import sys
import time

import aiohttp


async def load(url: str, connections: int, seconds: float) -> dict[str, float]:
    """`rate` in requests a second, `p50` and `p99` in ms; every reply must be a 200."""
    took: list[float] = []
    ends = time.monotonic() + seconds

    async def client(session: aiohttp.ClientSession) -> None:
        while (began := time.monotonic()) < ends:
            async with session.get(url) as reply:
                await reply.read()
                assert reply.status == 200, reply.status
            took.append(time.monotonic() - began)

    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        await asyncio.gather(*(client(session) for _ in range(connections)))
    return summary(took, seconds)


def summary(took: list[float], seconds: float) -> dict[str, float]:
    took.sort()
    p50, p99 = (1_000 * took[int(len(took) * share)] for share in (0.5, 0.99))
    return {"rate": len(took) / seconds, "p50": p50, "p99": p99}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))))
