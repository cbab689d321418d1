"""The provider against a Vision that checks as strictly as Google's, over real gRPC."""

import asyncio
import traceback
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest

from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.google import GoogleProvider
from tests.fakes.truth import Truth, embed, truth_of
from tests.fakes.vision import Behaviour, FakeVision, serve

KEY = "a-key-of-a-test"
DEADLINE = 5.0
JPEG = b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9"


def picture(n: int) -> bytes:
    return embed(JPEG, truth_of(n))


@pytest.fixture
async def fake() -> AsyncIterator[FakeVision]:
    async with serve() as running:
        yield running


@pytest.fixture
async def provider(fake: FakeVision) -> AsyncIterator[GoogleProvider]:
    made = GoogleProvider(fake.address)
    yield made
    await made.close()


async def refused(provider: GoogleProvider, deadline: float = DEADLINE, images: int = 1) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await provider.annotate([picture(n) for n in range(images)], KEY, deadline)
    everything = "".join(traceback.format_exception(caught.value))
    assert KEY not in everything
    return caught.value


async def test_sixteen_images_get_their_own_answers_in_order(
    provider: GoogleProvider, fake: FakeVision
) -> None:
    answers = await provider.annotate([picture(n) for n in range(16)], KEY, DEADLINE)
    for n, answer in enumerate(answers):
        assert isinstance(answer, Analysis)
        assert answer.lines[0].text == truth_of(n).name
        assert answer.labels
    assert fake.journal.stats().images_per_call == {16: 1}


async def test_the_lines_stand_where_the_words_stand(provider: GoogleProvider) -> None:
    [answer] = await provider.annotate([embed(JPEG, Truth("Otto's Corner", "(415) 555-0132"))], KEY, DEADLINE)
    assert isinstance(answer, Analysis)
    name, phone = answer.lines[:2]
    assert (name.text, phone.text) == ("Otto's Corner", "(415) 555-0132")
    assert name.y < phone.y
    assert name.height > phone.height > answer.lines[2].height


async def test_a_damaged_image_fails_alone(provider: GoogleProvider) -> None:
    first, second = await provider.annotate([b"no picture", picture(1)], KEY, DEADLINE)
    assert first == ImageFailure("Bad image data.")
    assert isinstance(second, Analysis)


async def test_calls_run_side_by_side(provider: GoogleProvider, fake: FakeVision) -> None:
    fake.behaviour = Behaviour(delay=0.2)
    await asyncio.gather(*(provider.annotate([picture(n)], KEY, DEADLINE) for n in range(8)))
    assert fake.journal.stats().most_in_flight == 8


@pytest.mark.parametrize(
    ("behaviour", "refusal"),
    [
        (Behaviour(quota=0), Refusal.QUOTA),
        (Behaviour(bad_keys=(KEY,)), Refusal.KEY),
        (Behaviour(blocked_keys=(KEY,)), Refusal.KEY),
        (Behaviour(outage=True), Refusal.UNAVAILABLE),
        (Behaviour(outage=True, fail_code="INTERNAL"), Refusal.UNAVAILABLE),
        (Behaviour(outage=True, fail_code="DEADLINE_EXCEEDED"), Refusal.TIMEOUT),
        (Behaviour(max_request_bytes=10), Refusal.REQUEST),
    ],
)
async def test_each_refusal_is_told_apart(
    provider: GoogleProvider, fake: FakeVision, behaviour: Behaviour, refusal: Refusal
) -> None:
    fake.behaviour = behaviour
    failure = await refused(provider)
    assert failure.refusal is refusal
    assert failure.retry_after is None
    assert fake.journal.stats().calls == 1, "nothing is tried again in silence"


async def test_a_refusal_for_quota_says_when_to_come_again(
    provider: GoogleProvider, fake: FakeVision
) -> None:
    fake.behaviour = Behaviour(quota=1, window=20.0, retry_info=True)
    await provider.annotate([picture(0)], KEY, DEADLINE)
    failure = await refused(provider)
    assert failure.refusal is Refusal.QUOTA
    assert failure.retry_after == pytest.approx(20.0, abs=2.0)


async def test_too_many_images_are_a_request_at_fault(provider: GoogleProvider) -> None:
    assert (await refused(provider, images=17)).refusal is Refusal.REQUEST


async def test_a_call_ends_at_its_deadline(provider: GoogleProvider, fake: FakeVision) -> None:
    fake.behaviour = Behaviour(hang=True)
    assert (await refused(provider, deadline=0.3)).refusal is Refusal.TIMEOUT


async def test_a_server_that_was_away_is_found_again_within_seconds() -> None:
    async with serve() as first:
        address = first.address
    made = GoogleProvider(address)
    try:
        assert (await refused(made)).refusal is Refusal.UNAVAILABLE
        async with serve(port=int(address.rpartition(":")[2])):
            async with asyncio.timeout(20):
                while not await _answers(made):
                    await asyncio.sleep(0.05)
    finally:
        await made.close()


async def _answers(provider: GoogleProvider) -> bool:
    try:
        return len(await provider.annotate([picture(0)], KEY, DEADLINE)) == 1
    except CallFailed:
        return False


@pytest.mark.parametrize("key", ["", "two\nlines", "schlüssel", "nul\0"])
async def test_a_key_that_cannot_be_sent_is_refused_without_a_call(
    provider: GoogleProvider, fake: FakeVision, key: str
) -> None:
    with pytest.raises(CallFailed) as caught:
        await provider.annotate([picture(0)], key, DEADLINE)
    assert caught.value.refusal is Refusal.KEY
    assert not key or key not in str(caught.value)
    assert fake.journal.stats().calls == 0


async def _saying(code: grpc.StatusCode, text: str) -> tuple[grpc.aio.Server, str]:
    """A server that ends every call with this status."""

    async def refuse(_: bytes, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
        await context.abort(code, text)
        raise AssertionError("abort raises")

    server = grpc.aio.server()
    method = {"BatchAnnotateImages": grpc.unary_unary_rpc_method_handler(refuse)}
    service = grpc.method_handlers_generic_handler("google.cloud.vision.v1.ImageAnnotator", method)
    server.add_generic_rpc_handlers((service,))
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    return server, address


@pytest.mark.parametrize(
    ("code", "text", "refusal"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, f"Consumer 'api_key:{KEY}' has been suspended.", Refusal.KEY),
        (grpc.StatusCode.UNAUTHENTICATED, f"{KEY}? {KEY}!", Refusal.KEY),
        (grpc.StatusCode.UNKNOWN, "x" * 5000, Refusal.UNAVAILABLE),
        (grpc.StatusCode.ABORTED, "", Refusal.UNAVAILABLE),
        (grpc.StatusCode.UNIMPLEMENTED, "no such method", Refusal.REQUEST),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "SERVER: Received message larger than max (9000000 vs. 4194304)",
            Refusal.REQUEST,
        ),
    ],
)
async def test_what_google_says_is_cut_and_holds_no_key(
    code: grpc.StatusCode, text: str, refusal: Refusal
) -> None:
    server, address = await _saying(code, text)
    made = GoogleProvider(address)
    try:
        failure = await refused(made)
        assert failure.refusal is refusal
        assert len(str(failure)) <= 300
    finally:
        await made.close()
        await server.stop(grace=0)


async def test_plaintext_is_spoken_to_this_machine_only(fake: FakeVision) -> None:
    port = fake.address.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost"):
        made = GoogleProvider(f"{host}:{port}")
        assert len(await made.annotate([picture(0)], KEY, DEADLINE)) == 1
        await made.close()


async def test_any_other_machine_is_spoken_to_by_tls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(grpc.aio, "insecure_channel")
    for endpoint in (
        "vision.googleapis.com:443",
        "10.0.0.7:50051",
        "[2001:db8::1]:443",
        "localhost.example:1",
    ):
        await GoogleProvider(endpoint).close()


@pytest.mark.parametrize(
    "endpoint", ["", "vision.googleapis.com", "http://localhost:80", "localhost:", ":443", "unix:/x:1"]
)
async def test_an_endpoint_that_is_no_host_and_port_is_refused_in_words(endpoint: str) -> None:
    with pytest.raises(ValueError, match="VISION_ENDPOINT must be host:port"):
        GoogleProvider(endpoint)
