"""The gRPC side: `google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages`.

A call is judged the moment it arrives, in the order of the real service: key, quota, request, images. What
it costs is settled then too: an image that will be annotated is paid, whether or not its caller lives on."""

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import msgspec
from google.cloud import vision_v1 as vision
from google.protobuf.message import DecodeError

from tests.fakes.vision import refusal
from tests.fakes.vision.answers import MAX_IMAGE_BYTES, answer, failure, reply, undecodable
from tests.fakes.vision.behaviour import Behaviour
from tests.fakes.vision.journal import CallLine, Journal, Outcome
from tests.fakes.vision.quota import Quotas
from tests.fakes.vision.refusal import Refusal

METHOD = "/google.cloud.vision.v1.ImageAnnotator/BatchAnnotateImages"
MAX_IMAGES = 16
_FOREVER = 3600.0


class Image(msgspec.Struct, frozen=True):
    content: bytes
    digest: bytes
    features: tuple[int, ...]


class FakeVision:
    """`behaviour` may be replaced at any time; `journal` counts. `address` is host:port."""

    def __init__(self, behaviour: Behaviour, log: Path | None = None, seed: int = 0) -> None:
        self.behaviour = behaviour
        self.journal = Journal(log)
        self.address = ""
        self._quotas = Quotas()
        self._random = random.Random(seed)

    def reset(self) -> None:
        """Forgets the counts and the quota taken; the behaviour and the log file stay."""
        self.journal.reset()
        self._quotas = Quotas()

    async def annotate(self, request: bytes, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
        """One call, from its arrival to its end."""
        arrived, key = time.time(), _key_of(context)
        images = _parse(request)
        verdict = self._judge(request, images, key)
        outcomes = self._outcomes(images or [], verdict)
        outcome = verdict.outcome if isinstance(verdict, Refusal) else verdict
        call = self.journal.arrived(arrived, fingerprint(key), outcomes, outcome)
        status = "CANCELLED"
        try:
            await self._take_time(outcome)
            if isinstance(verdict, Refusal):
                status = verdict.code.name
                await verdict.abort(context)
            status = "OK"
            return reply(self._answer(one, how) for one, (_, how) in zip(images or [], outcomes, strict=True))
        finally:
            end, count = time.time(), len(outcomes)
            self.journal.ended(CallLine(arrived, end, call, fingerprint(key), count, len(request), status))

    def _judge(self, request: bytes, images: list[Image] | None, key: str) -> Refusal | Outcome:
        """Why the whole call fails; "ok" when its images are looked at, "hang" when nothing ever comes."""
        now = self.behaviour
        if refused := _judge_key(now, key) or self._judge_quota(key, len(images or ())):
            return refused
        if refused := _judge_request(now, request, images):
            return refused
        if now.hang or now.hang_next:
            self.behaviour = msgspec.structs.replace(now, hang_next=max(0, now.hang_next - 1))
            return "hang"
        if now.outage or now.fail_next or self._random.random() < now.fail_rate:
            self.behaviour = msgspec.structs.replace(now, fail_next=max(0, now.fail_next - 1))
            return refusal.failed(now.fail_code)
        return "ok"

    def _judge_quota(self, key: str, images: int) -> Refusal | None:
        now = self.behaviour
        wait = self._quotas.take(
            now.project_of(key),
            images,
            calls_limit=now.quota,
            images_limit=now.image_quota,
            window=now.window,
            count_refused=now.count_refused,
            now=time.monotonic(),
        )
        return refusal.over_quota(wait, now.retry_info) if wait else None

    def _outcomes(self, images: list[Image], verdict: Refusal | Outcome) -> list[tuple[bytes, Outcome]]:
        if isinstance(verdict, Refusal):
            return [(image.digest, verdict.outcome) for image in images]
        return [(image.digest, self._outcome(image) if verdict == "ok" else verdict) for image in images]

    def _outcome(self, image: Image) -> Outcome:
        if undecodable(image.content) or len(image.content) > MAX_IMAGE_BYTES:
            return "image_error"
        return "image_error" if image.digest.hex() in self.behaviour.bad_images else "ok"

    def _answer(self, image: Image, outcome: Outcome) -> bytes:
        if outcome == "ok":
            return answer(image.content, image.digest, image.features)
        if len(image.content) > MAX_IMAGE_BYTES:
            return failure(3, "Image size exceeds the limit of 20 MB.")
        return failure(3, "Bad image data.")

    async def _take_time(self, outcome: Outcome) -> None:
        if outcome == "hang":
            await asyncio.sleep(_FOREVER)
        spread = self.behaviour.jitter
        delay = self.behaviour.delay + self._random.uniform(-spread, spread)
        # The front refuses at once; only what reaches the annotators takes their time.
        if delay > 0 and outcome == "ok":
            await asyncio.sleep(delay)


@asynccontextmanager
async def serve(
    behaviour: Behaviour | None = None, *, log: Path | None = None, port: int = 0, seed: int = 0
) -> AsyncIterator[FakeVision]:
    """A fake Vision on a loopback port of its own (plaintext), until the block ends."""
    fake = FakeVision(behaviour or Behaviour(), log, seed)
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", 64 * 1024**2),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ]
    )
    service, method = METHOD[1:].split("/")
    handler = grpc.unary_unary_rpc_method_handler(fake.annotate)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    fake.address = f"127.0.0.1:{server.add_insecure_port(f'127.0.0.1:{port}')}"
    await server.start()
    try:
        yield fake
    finally:
        await server.stop(grace=0)
        fake.journal.close()


def fingerprint(key: str) -> str:
    """What the log says instead of the key: 12 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def _key_of(context: "grpc.aio.ServicerContext[bytes, bytes]") -> str:
    for name, value in context.invocation_metadata() or ():
        if name == "x-goog-api-key":
            return value if isinstance(value, str) else value.decode()
    return ""


def _judge_key(now: Behaviour, key: str) -> Refusal | None:
    if not key:
        return refusal.no_key()
    if key in now.bad_keys or (now.keys is not None and key not in now.keys):
        return refusal.bad_key()
    return refusal.blocked_key() if key in now.blocked_keys else None


def _judge_request(now: Behaviour, request: bytes, images: list[Image] | None) -> Refusal | None:
    if len(request) > now.max_request_bytes:
        return refusal.invalid(f"Request payload size exceeds the limit: {now.max_request_bytes} bytes.")
    if images is None:
        return refusal.invalid("Request is not a BatchAnnotateImagesRequest.")
    if len(images) > MAX_IMAGES:
        return refusal.invalid("Too many images per request.")
    if not images or not all(image.features for image in images):
        return refusal.invalid("Request must specify image and features.")
    return None


def _parse(request: bytes) -> list[Image] | None:
    """The images of a request; None when its bytes are no such message."""
    try:
        message = vision.BatchAnnotateImagesRequest.pb().FromString(request)
    except DecodeError:
        return None
    return [
        Image(
            content := one.image.content,
            hashlib.sha256(content).digest(),
            tuple(feature.type_ for feature in one.features),
        )
        for one in message.requests
    ]
