"""Downloads from an image server that misbehaves in every way it knows."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from services.analyzer import download
from services.analyzer.address_guard import parse_allow_nets
from services.analyzer.download import Downloader, Picture
from services.analyzer.fetch_failure import FetchFailure
from services.analyzer.memory import Memory
from shared.error_classes import ErrorClass
from tests.fakes.images import ImageServer, serve
from tests.fakes.pictures import good


@pytest.fixture
async def images() -> AsyncIterator[ImageServer]:
    async with serve(0) as server:
        yield server


@pytest.fixture
async def downloader() -> AsyncIterator[Downloader]:
    async with Downloader(parse_allow_nets("127.0.0.1/32"), at_once=20, try_seconds=0.3) as downloader:
        yield downloader


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries without long waits between them; what a host asks for is still kept."""
    monkeypatch.setattr(download, "MAX_WAIT", 0.01)


async def fetch(downloader: Downloader, url: str) -> Picture | FetchFailure:
    memory = Memory(150_000_000)
    with memory.portion() as portion:
        outcome = await downloader.fetch(url, portion)
        assert memory.taken == (len(outcome.content) if isinstance(outcome, Picture) else 0)
    return outcome


async def failure(downloader: Downloader, url: str) -> FetchFailure:
    outcome = await fetch(downloader, url)
    assert isinstance(outcome, FetchFailure), url
    assert url not in outcome.message
    assert outcome.message.endswith(".")
    return outcome


@pytest.mark.parametrize("path", ["good", "slow/50", "drip/200", "redirect/3", "flaky/2"])
async def test_pictures_come_whole(images: ImageServer, downloader: Downloader, path: str) -> None:
    assert await fetch(downloader, f"{images.url}/{path}/7.jpg") == Picture(good(7, 0))


@pytest.mark.parametrize(
    ("path", "error_class", "tries"),
    [
        ("404/x.jpg", ErrorClass.HTTP_4XX, 1),
        ("403/x.jpg", ErrorClass.HTTP_4XX, 1),
        ("500/x.jpg", ErrorClass.HTTP_5XX, 3),
        ("flaky/9/1.jpg", ErrorClass.HTTP_5XX, 3),
        ("type/html/x.jpg", ErrorClass.NOT_AN_IMAGE, 1),
        ("broken/1.jpg", ErrorClass.NOT_AN_IMAGE, 1),
        ("empty/1.jpg", ErrorClass.NOT_AN_IMAGE, 1),
        ("cut/1.jpg", ErrorClass.NETWORK, 3),
        ("stall/1.jpg", ErrorClass.TIMEOUT, 3),
        ("slow/900/1.jpg", ErrorClass.TIMEOUT, 3),
        ("drip/2000/1.jpg", ErrorClass.TIMEOUT, 3),
    ],
)
async def test_failures_have_a_class_and_transient_ones_three_tries(
    images: ImageServer, downloader: Downloader, path: str, error_class: ErrorClass, tries: int
) -> None:
    assert (await failure(downloader, f"{images.url}/{path}")).error_class is error_class
    assert images.requests[f"/{path}"] == tries


async def test_a_picture_that_never_ends_is_cut_at_the_cap(images: ImageServer) -> None:
    async with Downloader(parse_allow_nets("127.0.0.1/32"), at_once=1) as downloader:
        assert (await failure(downloader, f"{images.url}/endless/1.jpg")).error_class is ErrorClass.TOO_LARGE
        assert isinstance(await fetch(downloader, f"{images.url}/good/1.jpg"), Picture)


async def test_redirects_are_counted_and_stay_on_the_public_web(
    images: ImageServer, downloader: Downloader
) -> None:
    ways = {
        "redirect/4/1.jpg": ErrorClass.HTTP_4XX,
        "loop/1.jpg": ErrorClass.HTTP_4XX,
        "to/http://127.0.0.2/1.jpg": ErrorClass.BLOCKED_ADDRESS,
        "to/http://169.254.169.254/latest/meta-data/": ErrorClass.BLOCKED_ADDRESS,
        "to/http://[::1]/1.jpg": ErrorClass.BLOCKED_ADDRESS,
        "to/file:///etc/passwd": ErrorClass.INVALID_URL,
        "to/ftp://a.example.com/1.jpg": ErrorClass.INVALID_URL,
    }
    assert {way: (await failure(downloader, f"{images.url}/{way}")).error_class for way in ways} == ways


async def test_nothing_that_is_not_public_is_reached(images: ImageServer) -> None:
    port = images.url.rpartition(":")[2]
    async with Downloader((), at_once=4) as downloader:
        for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"):
            outcome = await failure(downloader, f"http://{host}:{port}/good/1.jpg")
            assert outcome.error_class is ErrorClass.BLOCKED_ADDRESS, host
        for host in ("127.1", "2130706433", "0x7f000001"):
            outcome = await failure(downloader, f"http://{host}:{port}/good/1.jpg")
            assert outcome.error_class in (ErrorClass.BLOCKED_ADDRESS, ErrorClass.INVALID_URL), host
    assert not images.requests


async def test_invalid_addresses_fail_before_any_network(images: ImageServer, downloader: Downloader) -> None:
    host = images.url.removeprefix("http://")
    for text in (
        "?",
        "x",
        f"ftp://{host}/good/1.jpg",
        "http://user:word@a.example.com/good/1.jpg",
        f"{images.url}/\r\n1",
    ):
        assert (await failure(downloader, text)).error_class is ErrorClass.INVALID_URL
    assert not images.requests


async def test_unreachable_hosts_and_names(downloader: Downloader) -> None:
    assert (await failure(downloader, "http://127.0.0.1:1/x.jpg")).error_class is ErrorClass.NETWORK
    assert (await failure(downloader, "http://no-such-host.invalid/x.jpg")).error_class in (
        ErrorClass.DNS,
        ErrorClass.TIMEOUT,
    )


async def test_one_slow_host_leaves_places_for_others(images: ImageServer) -> None:
    port = images.url.rpartition(":")[2]
    async with Downloader(parse_allow_nets("127.0.0.0/8"), at_once=4, try_seconds=3) as downloader:
        slow = [asyncio.create_task(fetch(downloader, f"{images.url}/slow/700/{n}.jpg")) for n in range(4)]
        await asyncio.sleep(0)
        assert isinstance(await fetch(downloader, f"http://localhost:{port}/good/1.jpg"), Picture)
        assert not any(task.done() for task in slow)
        assert all(isinstance(outcome, Picture) for outcome in await asyncio.gather(*slow))


async def test_a_host_that_asks_for_long_patience_is_not_waited_for(downloader: Downloader) -> None:
    asked = 0

    async def busy(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=429, headers={"Retry-After": "3600"})

    async with served(busy) as url:
        for _ in range(3):
            outcome = await failure(downloader, url)
            assert (outcome.error_class, outcome.again) == (ErrorClass.RATE_LIMITED, False)
            assert outcome.message == "The host answered 429 Too Many Requests."
    assert asked == 1


async def test_compressed_replies_are_capped_after_unpacking(downloader: Downloader) -> None:
    async def bomb(request: web.Request) -> web.Response:
        body = gzip.compress(b"\xff\xd8\xff" + bytes(download.MAX_BYTES), 1)
        return web.Response(body=body, headers={"Content-Encoding": "gzip"})

    async with served(bomb) as url:
        assert (await failure(downloader, url)).error_class is ErrorClass.TOO_LARGE


@pytest.mark.parametrize("told", [True, False], ids=["with a length", "without"])
async def test_large_pictures_at_once_stay_within_the_memory(told: bool) -> None:
    picture, memory, most, asked = b"\xff\xd8\xff" + bytes(3_000_000), Memory(25_000_000), 0, 0

    async def large(request: web.Request) -> web.StreamResponse:
        nonlocal asked, most
        asked, most = asked + 1, max(most, memory.taken)
        response = web.StreamResponse()
        if told:
            response.content_length = len(picture)
        await response.prepare(request)
        await response.write(picture)
        return response

    async def fetched(downloader: Downloader, url: str) -> None:
        with memory.portion() as portion:
            outcome = await downloader.fetch(url, portion)
            assert isinstance(outcome, Picture)
            assert outcome.content == picture
            assert portion.size == len(picture)

    opened = parse_allow_nets("127.0.0.1/32")
    async with served(large) as url, Downloader(opened, at_once=100, try_seconds=10) as downloader:
        async with asyncio.timeout(20):
            await asyncio.gather(*(fetched(downloader, f"{url}?{n}") for n in range(40)))
    assert 20_000_000 < most <= 25_000_000
    assert 40 < asked <= 120, "who finds no room asks again, twice at most"
    assert memory.taken == 0


async def test_requests_carry_no_cookies_and_no_referer(downloader: Downloader) -> None:
    seen: list[set[str]] = []

    async def remember(request: web.Request) -> web.Response:
        seen.append({name.lower() for name in request.headers})
        return web.Response(body=good(1, 0), headers={"Set-Cookie": "a=b"})

    async with served(remember) as url:
        for _ in range(2):
            assert isinstance(await fetch(downloader, url), Picture)
    assert all(headers == {"host", "user-agent", "accept", "accept-encoding"} for headers in seen)


@asynccontextmanager
async def served(handler: "web.Handler") -> AsyncIterator[str]:  # type: ignore[name-defined]
    application = web.Application()
    application.router.add_get("/1.jpg", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/1.jpg"
    finally:
        await runner.cleanup()
