"""The fake Vision judges calls as the real one does. Asked through Google's own client."""

import hashlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import msgspec
import pytest
from google.api_core import exceptions
from google.cloud import vision_v1 as vision
from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcAsyncIOTransport
from google.rpc.error_details_pb2 import RetryInfo

from tests.fakes.pictures import good
from tests.fakes.process import vision_process
from tests.fakes.truth import truth_of
from tests.fakes.vision import Behaviour, FakeVision, read_log, serve
from tests.fakes.vision.behaviour import change

pytestmark = pytest.mark.timeout(30)
FEATURES = [{"type_": kind} for kind in ("LABEL_DETECTION", "TEXT_DETECTION", "LOGO_DETECTION")]


class Client:
    """Google's client on one channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        transport = ImageAnnotatorGrpcAsyncIOTransport(channel=channel)
        self._client = vision.ImageAnnotatorAsyncClient(transport=transport)

    async def ask(
        self, contents: Sequence[bytes], key: str = "k", timeout: float = 5.0, features: Any = FEATURES
    ) -> Sequence[Any]:
        requests: Any = [{"image": {"content": content}, "features": features} for content in contents]
        reply = await self._client.batch_annotate_images(
            requests=requests, metadata=(("x-goog-api-key", key),) if key else (), retry=None, timeout=timeout
        )
        answers: Sequence[Any] = reply.responses
        return answers


@asynccontextmanager
async def client_of(address: str) -> AsyncIterator[Client]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield Client(channel)


@asynccontextmanager
async def asked(behaviour: Behaviour, log: Path | None = None) -> AsyncIterator[tuple[FakeVision, Client]]:
    async with serve(behaviour, log=log) as fake, client_of(fake.address) as client:
        yield fake, client


async def test_answer_shows_name_and_phone_of_each_picture_in_order() -> None:
    async with asked(Behaviour()) as (_, client):
        answers = await client.ask([good(n) for n in range(16)])
    for n, one in enumerate(answers):
        text = one.text_annotations[0].description.splitlines()
        assert text[:2] == [truth_of(n).name, truth_of(n).phone]
        assert one.full_text_annotation.text == one.text_annotations[0].description
        words = [word.description for word in one.text_annotations[1:]]
        assert words == one.text_annotations[0].description.split()
        assert len(one.label_annotations) == 10
        assert 6_000 < len(type(one).serialize(one)) < 9_000


async def test_only_the_features_asked_for_are_answered() -> None:
    async with asked(Behaviour()) as (_, client):
        labels, *_ = await client.ask([good(1)], features=[{"type_": "LABEL_DETECTION"}])
        texts, *_ = await client.ask([good(1)], features=[{"type_": "DOCUMENT_TEXT_DETECTION"}])
    assert labels.label_annotations
    assert not labels.text_annotations
    assert texts.text_annotations
    assert not texts.label_annotations


async def test_bad_and_broken_images_are_errors_inside_an_ok_reply() -> None:
    always = hashlib.sha256(good(9)).hexdigest()
    async with asked(Behaviour(bad_images=(always,))) as (fake, client):
        answers = await client.ask([good(1), b"", b"<html>" * 30, good(2)[:20_000], good(9)])
    assert [one.error.code for one in answers] == [0, 3, 3, 3, 3]
    assert answers[1].error.message == "Bad image data."
    assert fake.journal.stats().paid == 1


async def test_an_image_over_20_mb_is_an_error_of_its_own_where_the_request_may_be_larger() -> None:
    async with asked(Behaviour(max_request_bytes=40 * 1024**2)) as (_, client):
        answers = await client.ask([good(1, 21 * 1024**2), good(2)])
    assert [one.error.code for one in answers] == [3, 0]


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ([good(n) for n in range(17)], "Too many images"),
        ([good(1, 11 * 1024**2)], "payload size"),
        ([], "must specify"),
    ],
)
async def test_a_request_over_the_limits_is_refused_whole(contents: list[bytes], words: str) -> None:
    async with asked(Behaviour()) as (fake, client):
        with pytest.raises(exceptions.InvalidArgument, match=words):
            await client.ask(contents)
    assert fake.journal.stats().paid == 0


async def test_keys_are_told_apart_by_reason() -> None:
    behaviour = Behaviour(keys=("good", "blocked"), blocked_keys=("blocked",))
    async with asked(behaviour) as (fake, client):
        with pytest.raises(exceptions.InvalidArgument) as unknown:
            await client.ask([good(1)], key="unknown")
        with pytest.raises(exceptions.PermissionDenied) as blocked:
            await client.ask([good(1)], key="blocked")
        with pytest.raises(exceptions.PermissionDenied):
            await client.ask([good(1)], key="")
        await client.ask([good(1)], key="good")
    assert unknown.value.reason == "API_KEY_INVALID"
    assert blocked.value.reason == "API_KEY_SERVICE_BLOCKED"
    assert fake.journal.stats().outcomes == {"bad_key": 3, "ok": 1}


async def test_quota_is_a_project_s_and_comes_back_after_the_window() -> None:
    behaviour = Behaviour(quota=2, window=0.4, projects={"a": "p", "b": "p"}, retry_info=True)
    async with asked(behaviour) as (_, client):
        for key in ("a", "b", "other"):
            await client.ask([good(1)], key=key)
        with pytest.raises(exceptions.ResourceExhausted) as refused:
            await client.ask([good(1)], key="a")
        deadline = time.monotonic() + 5
        while True:  # the next permit comes when the first call is 0.4 s old
            try:
                await client.ask([good(1)], key="a")
                break
            except exceptions.ResourceExhausted:
                assert time.monotonic() < deadline
    assert refused.value.reason == "RATE_LIMIT_EXCEEDED"
    delays = [detail.retry_delay for detail in refused.value.details if isinstance(detail, RetryInfo)]
    assert [0 < delay.ToTimedelta().total_seconds() <= 0.4 for delay in delays] == [True]


async def test_images_have_a_quota_of_their_own() -> None:
    async with asked(Behaviour(image_quota=20)) as (_, client):
        await client.ask([good(n) for n in range(16)])
        with pytest.raises(exceptions.ResourceExhausted):
            await client.ask([good(n) for n in range(5)])
        await client.ask([good(n) for n in range(4)])


async def test_faults_come_on_order_and_cost_nothing() -> None:
    async with asked(Behaviour(fail_next=1, fail_code="INTERNAL", hang_next=1)) as (fake, client):
        with pytest.raises(exceptions.DeadlineExceeded):
            await client.ask([good(1)], timeout=0.3)
        with pytest.raises(exceptions.InternalServerError):
            await client.ask([good(1)])
        await client.ask([good(1)])
        fake.behaviour = msgspec.structs.replace(fake.behaviour, outage=True, fail_code="UNAVAILABLE")
        with pytest.raises(exceptions.ServiceUnavailable):
            await client.ask([good(1)])
    assert fake.journal.stats().outcomes == {"hang": 1, "failed": 2, "ok": 1}
    assert fake.journal.stats().paid == 1


async def test_the_log_tells_what_was_paid_even_when_the_caller_gave_up(tmp_path: Path) -> None:
    log = tmp_path / "vision.log"
    async with asked(Behaviour(delay=20.0), log) as (_, client):
        with pytest.raises(exceptions.DeadlineExceeded):
            await client.ask([good(1), b"", good(2)], timeout=0.3)
        seen = read_log(log)
        assert set(seen.paid()) == {hashlib.sha256(good(n)).hexdigest() for n in (1, 2)}
    ended = read_log(log).calls
    assert [(call.images, call.status) for call in ended] == [(3, "CANCELLED")]
    assert abs(ended[0].t - time.time()) < 30
    assert "k" not in {call.key for call in ended}


async def test_a_fake_in_another_process_is_steered_over_http(tmp_path: Path) -> None:
    log = tmp_path / "vision.log"
    with vision_process(log, keys=["k"]) as fake:
        async with client_of(fake.address) as client:
            await client.ask([good(1), good(1)])
            fake.change(outage=True)
            with pytest.raises(exceptions.ServiceUnavailable):
                await client.ask([good(1)])
        stats = fake.stats()
        fake.reset()
        assert fake.stats().calls == 0
    assert (stats.calls, stats.images, stats.paid, stats.distinct_paid) == (2, 3, 2, 1)
    assert stats.images_per_call == {1: 1, 2: 1}
    assert len(stats.times) == 2
    assert json.loads(log.read_text().splitlines()[0])["outcome"] == "ok"


async def test_a_misspelt_behaviour_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        change(Behaviour(), b'{"qouta": 5}')
