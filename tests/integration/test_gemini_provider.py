"""The provider against a Gemini that checks as strictly as Google's, over real HTTP."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator

import pytest

from services.analyzer.analysis import Analysis, ImageFailure, Usage
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.gemini import GeminiProvider
from services.analyzer.providers.gemini_question import INSTRUCTION
from tests.fakes.gemini import MODEL, Behaviour, FakeGemini, serve
from tests.fakes.truth import embed, truth_of

KEY = "a-key-of-a-test"
DEADLINE = 5.0
JPEG = b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9"


def picture(n: int) -> bytes:
    return embed(JPEG, truth_of(n))


@pytest.fixture
async def fake() -> AsyncIterator[FakeGemini]:
    async with serve() as running:
        yield running


@pytest.fixture
async def provider(fake: FakeGemini) -> AsyncIterator[GeminiProvider]:
    made = GeminiProvider(MODEL, fake.url)
    yield made
    await made.close()


async def refused(provider: GeminiProvider, deadline: float = DEADLINE) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await provider.annotate([picture(0)], KEY, deadline)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return caught.value


async def test_what_the_model_says_is_told_with_its_name_and_its_tokens(
    provider: GeminiProvider, fake: FakeGemini
) -> None:
    fake.behaviour = Behaviour(thoughts=50)
    [answer] = await provider.annotate([picture(7)], KEY, DEADLINE)
    assert isinstance(answer, Analysis)
    truth = truth_of(7)
    assert (answer.model, answer.text) == (MODEL, f"{truth.name}\n{truth.phone}")
    assert answer.judgement is not None
    assert (answer.judgement.name, answer.judgement.contacts) == (truth.name, (truth.phone,))
    assert answer.usage.tokens_in > 1_120, "the picture's own and those of the question"
    assert answer.usage.tokens_out > 50, "thoughts are charged"
    assert fake.instructions == {INSTRUCTION}


@pytest.mark.parametrize(
    ("behaviour", "refusal"),
    [
        (Behaviour(quota=0), Refusal.QUOTA),
        (Behaviour(bad_keys=(KEY,)), Refusal.KEY),
        (Behaviour(blocked_keys=(KEY,)), Refusal.KEY),
        (Behaviour(outage=500), Refusal.UNAVAILABLE),
        (Behaviour(outage=503), Refusal.UNAVAILABLE),
        (Behaviour(outage=504), Refusal.TIMEOUT),
        (Behaviour(hang_up=True), Refusal.UNAVAILABLE),
        (Behaviour(delay=60.0), Refusal.TIMEOUT),
    ],
)
async def test_each_refusal_is_told_apart_and_nothing_is_tried_again_in_silence(
    provider: GeminiProvider, fake: FakeGemini, behaviour: Behaviour, refusal: Refusal
) -> None:
    fake.behaviour, began = behaviour, time.monotonic()
    failure = await refused(provider, 0.5)
    assert failure.refusal is refusal
    assert (failure.retry_after is not None) == (refusal is Refusal.QUOTA)
    assert failure.usage == Usage()
    assert fake.journal.stats().calls == 1
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize(
    ("behaviour", "refusal"),
    [
        (Behaviour(finish="MAX_TOKENS"), Refusal.UNREADABLE),
        (Behaviour(finish="OTHER"), Refusal.UNREADABLE),
        (Behaviour(finish="CONTINUATION"), Refusal.UNREADABLE),
        (Behaviour(finish="A_REASON_OF_TOMORROW"), Refusal.UNREADABLE),
        (Behaviour(says="I see a shop."), Refusal.UNREADABLE),
        (Behaviour(says="{}"), Refusal.UNREADABLE),
    ],
)
@pytest.mark.filterwarnings("ignore:A_REASON_OF_TOMORROW is not a valid")
async def test_what_is_no_answer_is_paid_for_and_said(
    provider: GeminiProvider, fake: FakeGemini, behaviour: Behaviour, refusal: Refusal
) -> None:
    """It may be answered the next time."""
    fake.behaviour = behaviour
    failure = await refused(provider)
    assert failure.refusal is refusal
    assert failure.usage.tokens_in > 0
    assert fake.journal.stats().calls == 1


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (Behaviour(finish="SAFETY"), "SAFETY"),
        (Behaviour(finish="RECITATION"), "RECITATION"),
        (Behaviour(block="PROHIBITED_CONTENT"), "PROHIBITED_CONTENT"),
    ],
)
async def test_a_blocked_picture_is_paid_for_and_not_tried_again(
    provider: GeminiProvider, fake: FakeGemini, behaviour: Behaviour, why: str
) -> None:
    fake.behaviour = behaviour
    [answer] = await provider.annotate([picture(0)], KEY, DEADLINE)
    assert isinstance(answer, ImageFailure)
    assert answer.blocked
    assert answer.message == f"Gemini does not answer for the picture: {why}"
    assert answer.usage.tokens_in > 0


@pytest.mark.parametrize(
    "body",
    [
        b"<html>welcome to the hotel</html>",
        b"\xff\xfe",
        b"5",
        b'{"candidates": 5}',
        b'{"candidates": [5]}',
        b'{"candidates": [{"content": {"parts": [{"text": 5}]}, "finishReason": 7}]}',
        b'{"usageMetadata": {"promptTokenCount": "many"}}',
    ],
)
async def test_a_reply_that_is_none_is_trouble_of_the_provider(
    provider: GeminiProvider, fake: FakeGemini, body: bytes
) -> None:
    fake.behaviour = Behaviour(proxy=body)
    assert (await refused(provider)).refusal is Refusal.UNAVAILABLE


async def test_a_refusal_for_quota_says_when_to_come_again(
    provider: GeminiProvider, fake: FakeGemini
) -> None:
    fake.behaviour = Behaviour(quota=1, window=20.0)
    await provider.annotate([picture(0)], KEY, DEADLINE)
    assert (await refused(provider)).retry_after == pytest.approx(20.0, abs=2.0)


@pytest.mark.parametrize(
    "complaint",
    [
        "* GenerateContentRequest.generation_config.response_schema.properties: must be non-empty",
        "Thinking level MINIMAL is not supported for this model.",
        "Image input modality is not enabled for models/gemini-0.1-nano",
        "Request contains an invalid argument.",
    ],
)
async def test_a_question_that_was_never_answered_fails_no_picture(
    provider: GeminiProvider, fake: FakeGemini, complaint: str
) -> None:
    fake.behaviour = Behaviour(complains=complaint)
    failure = await refused(provider)
    assert failure.refusal is Refusal.UNAVAILABLE, "rows wait"
    assert complaint in str(failure)
    damaged = JPEG[:-2] + bytes(2)
    fake.behaviour = Behaviour()
    [answer] = await provider.annotate([damaged], KEY, DEADLINE)
    assert isinstance(answer, ImageFailure), "Google says that it is the picture"
    await provider.annotate([picture(0)], KEY, DEADLINE)
    fake.behaviour = Behaviour(complains=complaint)
    [answer] = await provider.annotate([picture(0)], KEY, DEADLINE)
    assert isinstance(answer, ImageFailure), "the question is answered for others"
    assert not answer.blocked


async def test_for_a_model_that_is_none_rows_wait(fake: FakeGemini) -> None:
    made = GeminiProvider("gemini-0.1-nano", fake.url)
    failure = await refused(made)
    await made.close()
    assert failure.refusal is Refusal.UNAVAILABLE
    assert "gemini-0.1-nano is not found" in str(failure)


@pytest.mark.parametrize("content", [b"", b"GIF89a" + bytes(50), b"%PDF-1.7" + bytes(50)])
async def test_what_it_does_not_read_costs_no_call(
    provider: GeminiProvider, fake: FakeGemini, content: bytes
) -> None:
    [answer] = await provider.annotate([content], KEY, DEADLINE)
    assert isinstance(answer, ImageFailure)
    assert fake.journal.stats().calls == 0


@pytest.mark.parametrize("key", ["", "two\nlines", "schlüssel", "nul\0"])
async def test_a_key_that_cannot_be_sent_is_refused_without_a_call(
    provider: GeminiProvider, fake: FakeGemini, key: str
) -> None:
    with pytest.raises(CallFailed) as caught:
        await provider.annotate([picture(0)], key, DEADLINE)
    assert caught.value.refusal is Refusal.KEY
    assert not key or key not in str(caught.value)
    assert fake.journal.stats().calls == 0


async def test_each_call_has_its_own_key_and_what_the_environment_says_of_gemini_does_not_count(
    fake: FakeGemini, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, "a-key-of-the-environment")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v7")
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    fake.behaviour = Behaviour(quota=1)
    made = GeminiProvider(MODEL, fake.url)
    calls = [made.annotate([picture(n)], f"{KEY}-{n}", DEADLINE) for n in range(3)]
    assert len(await asyncio.gather(*calls)) == 3, "each key has its quota"
    await made.close()


@pytest.mark.parametrize(
    "endpoint",
    ["", "generativelanguage.googleapis.com", "http://gemini.example", "ftp://127.0.0.1", "https://"],
)
async def test_any_other_machine_is_spoken_to_by_tls_only(endpoint: str) -> None:
    with pytest.raises(ValueError, match="GEMINI_ENDPOINT must be a URL that begins with https://"):
        GeminiProvider(MODEL, endpoint)
