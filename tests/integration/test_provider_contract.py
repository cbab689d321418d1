"""What every provider promises (services/analyzer/providers), held against each: Google's on strict fakes,
the local one in its real processes. The pictures are drawn signs; the fake reads their words in a comment."""

import asyncio
import hashlib
import io
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

import msgspec
import pytest
import pytest_asyncio

from dev.sample_signs import SIGNS, Sign
from dev.sample_styles import draw_sign
from services.analyzer import entries
from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.entries import Entry
from services.analyzer.interpret import document, interpret
from services.analyzer.providers import CallFailed, Provider, Refusal, google
from services.analyzer.providers.gemini import GeminiProvider
from services.analyzer.providers.gemini_question import INSTRUCTION
from services.analyzer.providers.gemini_question import SCHEMA as FORM
from services.analyzer.providers.google import GoogleProvider
from services.analyzer.providers.local import LocalProvider
from services.analyzer.sniff import USUAL
from shared.cache_keys import SCHEMA, VERSIONS
from tests.fakes import gemini
from tests.fakes.truth import Truth, embed
from tests.fakes.vision import Behaviour, serve

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG = 60.0
_SIGNS = [sign for sign in SIGNS if sign.size in ((640, 480), (800, 600)) and sign.phone][:2]
_BROKEN = b"\xff\xd8\xff\xe0" + bytes(500)


class Rig(NamedTuple):
    """A provider, the key for it, and what makes it too slow for `impatient` seconds."""

    provider: Provider
    key: str
    impatient: float
    be_slow: Callable[[bool], None]

    async def ask(self, images: Sequence[bytes], deadline: float = LONG) -> list[Analysis | ImageFailure]:
        """In calls as large as the provider takes."""
        size = self.provider.max_images
        calls = [images[at : at + size] for at in range(0, len(images), size)]
        answers = [await self.provider.annotate(call, self.key, deadline) for call in calls]
        return [answer for call in answers for answer in call]


async def _google() -> AsyncIterator[Rig]:
    async with serve() as fake:
        provider = GoogleProvider(fake.address)

        def be_slow(slow: bool) -> None:
            fake.behaviour = Behaviour(delay=20.0 if slow else 0.0)

        yield Rig(provider, "a-key-of-a-test", 0.2, be_slow)
        await provider.close()


async def _gemini() -> AsyncIterator[Rig]:
    async with gemini.serve() as fake:
        provider = GeminiProvider(gemini.MODEL, fake.url)

        def be_slow(slow: bool) -> None:
            fake.behaviour = gemini.Behaviour(delay=20.0 if slow else 0.0)

        yield Rig(provider, "a-key-of-a-test", 0.2, be_slow)
        await provider.close()


async def _local() -> AsyncIterator[Rig]:
    provider = LocalProvider(1)
    yield Rig(provider, "", 0.01, lambda _: None)
    await provider.close()


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[_google, _gemini, _local],
    ids=["google", "gemini", "local"],
)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async for made in request.param():
        yield made


def picture(sign: Sign) -> bytes:
    out = io.BytesIO()
    draw_sign(sign, random.Random(3)).save(out, "JPEG", quality=90)
    return embed(out.getvalue(), Truth("\n".join(sign.painted), sign.phone))


PICTURES = [picture(sign) for sign in _SIGNS]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answers(rig: Rig) -> list[Analysis | ImageFailure]:
    """For all pictures: reading them takes a second or two where it is done here."""
    return await rig.ask(PICTURES)


def own(answer: Analysis | ImageFailure, sign: Sign) -> bool:
    """The answer is of this sign's picture."""
    return isinstance(answer, Analysis) and sign.phone in answer.text and sign.painted[0] in answer.text


async def test_it_says_what_it_is(rig: Rig) -> None:
    """Its name has a version: answers of another are not reused."""
    provider = rig.provider
    assert VERSIONS[provider.name]
    assert provider.max_images >= 1
    assert provider.at_once is None or provider.at_once >= 1
    assert provider.needs_key == bool(rig.key)
    assert "JPEG" in provider.formats <= USUAL, "what is in another one is sent as JPEG"


async def test_what_google_is_asked_for_stands_in_the_version_of_its_answers() -> None:
    """So that answers to other questions are never reused: in one process there is one set of features."""
    names, _, _ = VERSIONS["google"].rpartition(".")
    asked = {google._Type(feature.type_).name.split("_")[0].lower() for feature in google._FEATURES}
    assert set(names.split("-")) == asked


async def test_what_gemini_is_asked_for_stands_in_the_version_of_its_answers() -> None:
    asked = hashlib.sha256(json.dumps([INSTRUCTION, FORM]).encode()).hexdigest()
    assert VERSIONS["gemini"].rpartition(".")[2] == asked[:8]


async def test_each_picture_has_its_own_answer_in_order_and_whole(
    rig: Rig, answers: list[Analysis | ImageFailure]
) -> None:
    assert all(map(own, answers, _SIGNS)), answers
    for answer in answers:
        assert isinstance(answer, Analysis)
        assert (answer.provider, answer.schema) == (rig.provider.name, SCHEMA)
        for line in answer.lines:
            assert line.text in answer.text
            assert 0 <= line.x <= 1
            assert 0 <= line.y <= 1
            assert 0 < line.width <= 1
            assert 0 < line.height <= 1
            assert 0 <= line.confidence <= 1
        assert all(label.name and 0 <= label.score <= 1 for label in answer.labels)
        assert all(logo.name and 0 <= logo.score <= 1 for logo in answer.logos)
        entry = Entry("batch/1", answer, None, 0.1)
        assert entries.decode(entries.encode(entry)) == entry, "the ledger gives it back as it was"


async def test_a_row_looks_the_same_whoever_looked(rig: Rig, answers: list[Analysis | ImageFailure]) -> None:
    for answer, sign in zip(answers, _SIGNS, strict=True):
        assert isinstance(answer, Analysis)
        read = interpret(answer, "US")
        digits = "".join(filter(str.isdigit, sign.phone))
        assert (read.store_image, read.business_contact) == (True, "+1" + digits[-10:])
        assert read.store_name == sign.name.replace("/", " ")
        assert read.image_description is not None
        assert read.image_description.endswith(".")
        for sure in msgspec.structs.astuple(read.confidence):
            assert sure is not None
            assert 0 < sure <= 1
        kept = msgspec.json.decode(document(answer, read))
        assert (kept["provider"], kept["model"]) == (rig.provider.name, answer.model)


async def test_a_picture_that_can_not_be_read_fails_alone_with_a_reason(rig: Rig) -> None:
    answers = await rig.ask([PICTURES[0], _BROKEN, b"", PICTURES[1]])
    assert own(answers[0], _SIGNS[0])
    assert own(answers[3], _SIGNS[1])
    for answer in answers[1:3]:
        assert isinstance(answer, ImageFailure)
        assert answer.message


async def test_calls_side_by_side_are_not_mixed_up(rig: Rig) -> None:
    calls = [rig.provider.annotate([one], rig.key, LONG) for one in PICTURES]
    answers = [answer for call in await asyncio.gather(*calls) for answer in call]
    assert all(map(own, answers, _SIGNS)), answers


async def test_a_call_ends_at_its_deadline_or_when_given_up_and_leaves_no_answer_to_the_next(
    rig: Rig,
) -> None:
    rig.be_slow(True)
    with pytest.raises(CallFailed) as failed:
        async with asyncio.timeout(10):
            await rig.ask(PICTURES[:1], rig.impatient)
    assert failed.value.refusal is Refusal.TIMEOUT
    assert not rig.key or rig.key not in str(failed.value)
    call = asyncio.create_task(rig.ask(PICTURES[:1]))
    await asyncio.sleep(0.1)  # it is on its way
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    rig.be_slow(False)
    assert own((await rig.ask(PICTURES[1:2]))[0], _SIGNS[1])
