"""Each path of the image server does what it says."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from PIL import Image

from tests.fakes.images import ImageServer, serve
from tests.fakes.pictures import good
from tests.fakes.process import image_process
from tests.fakes.truth import extract, truth_of

pytestmark = pytest.mark.timeout(30)


@asynccontextmanager
async def visited() -> AsyncIterator[tuple[ImageServer, aiohttp.ClientSession]]:
    async with serve() as server, aiohttp.ClientSession(server.url) as session:
        yield server, session


async def body(session: aiohttp.ClientSession, path: str) -> tuple[int, bytes]:
    async with session.get(path, allow_redirects=True, max_redirects=5) as reply:
        return reply.status, await reply.read()


async def test_good_pictures_are_real_distinct_and_carry_their_truth() -> None:
    async with visited() as (server, session):
        bodies = [(await body(session, f"/good/{n}.jpg"))[1] for n in (1, 2, 1)]
        _, large = await body(session, "/good/1.jpg?size=300000")
    assert bodies[0] == bodies[2] == good(1) != bodies[1]
    assert extract(bodies[1]) == truth_of(2)
    assert 30_000 < len(bodies[0]) < 50_000
    assert 300_000 <= len(large) < 310_000
    assert Image.open(io.BytesIO(large)).convert("RGB").size == (640, 480)
    assert server.requests["/good/1.jpg"] == 2


async def test_a_thousand_numbers_have_a_thousand_names_and_phone_numbers() -> None:
    truths = [truth_of(n) for n in range(1000)]
    assert len({truth.name for truth in truths}) == len({truth.phone for truth in truths}) == 1000


async def test_plain_misbehaviour() -> None:
    async with visited() as (server, session):
        assert await body(session, "/slow/20/3.jpg") == (200, good(3))
        assert await body(session, "/drip/50/3.jpg") == (200, good(3))
        assert await body(session, "/redirect/3/4.jpg") == (200, good(4))
        assert [(await body(session, "/flaky/2/5.jpg"))[0] for _ in range(3)] == [503, 503, 200]
        assert await body(session, "/empty/1.jpg") == (200, b"")
        assert [(await body(session, f"/{code}/x"))[0] for code in (404, 410, 429, 500)] == [
            404,
            410,
            429,
            500,
        ]
        status, html = await body(session, "/type/html/1")
        assert (status, html[:9]) == (200, b"<!doctype")
        assert (await body(session, "/nothing"))[0] == 404
        assert (await body(session, "/good/x.jpg"))[0] == 404
        assert server.requests["/redirect/2/4.jpg"] == 1


async def test_loops_and_lures_are_redirects() -> None:
    async with visited() as (_, session):
        with pytest.raises(aiohttp.TooManyRedirects):
            await body(session, "/loop/1.jpg")
        async with session.get("/to/http://169.254.169.254/latest", allow_redirects=False) as reply:
            assert reply.headers["Location"] == "http://169.254.169.254/latest"


async def test_endless_stalled_and_cut_bodies() -> None:
    async with visited() as (_, session):
        async with session.get("/endless/1.jpg") as reply:
            assert len(await reply.content.readexactly(5_000_000)) == 5_000_000
        async with session.get("/stall/1.jpg", timeout=aiohttp.ClientTimeout(total=0.3)) as reply:
            assert reply.status == 200
            with pytest.raises(asyncio.TimeoutError):
                await reply.read()
        with pytest.raises(aiohttp.ClientPayloadError):
            await body(session, "/cut/1.jpg")


async def test_broken_and_truncated_pictures_do_not_decode() -> None:
    async with visited() as (_, session):
        for path in ("/broken/1.jpg", "/truncated/1.jpg"):
            with pytest.raises(OSError, match=r"cannot identify|truncated"):
                Image.open(io.BytesIO((await body(session, path))[1])).load()


async def test_one_connection_serves_many_requests() -> None:
    async with serve() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        writer.write(b"GET /404/a HTTP/1.1\r\nHost: x\r\n\r\nGET /slow/20/1.jpg HTTP/1.1\r\n\r\n" * 2)
        heads = [await reader.readuntil(b"\r\n") for _ in range(1)]
        assert heads == [b"HTTP/1.1 404 -\r\n"]
        async with asyncio.timeout(5):
            while sum(server.requests.values()) < 4:
                await reader.read(65536)
        writer.close()
    assert server.requests == {"/404/a": 2, "/slow/20/1.jpg": 2}


async def test_the_server_in_another_process_counts_too() -> None:
    with image_process() as images:
        async with aiohttp.ClientSession() as session:
            assert (await body(session, f"{images.url}/good/1.jpg"))[0] == 200
        assert images.requests() == {"/good/1.jpg": 1}
