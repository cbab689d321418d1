"""The local provider with its real models, in its real processes."""

import asyncio
import io
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from dev.sample_signs import SIGNS, Sign
from dev.sample_styles import draw_sign
from services.analyzer.analysis import Analysis, ImageFailure
from services.analyzer.providers import CallFailed, Refusal
from services.analyzer.providers.local import LocalProvider

LONG = 60.0


@asynccontextmanager
async def provider(workers: int = 1) -> AsyncIterator[LocalProvider]:
    local = LocalProvider(workers)
    try:
        yield local
    finally:
        await local.close()
        assert worker_processes() == []


def worker_processes() -> list[psutil.Process]:
    mine = psutil.Process().children()
    return [child for child in mine if "local_worker" in " ".join(child.cmdline())]


def drawn(sign: Sign) -> bytes:
    out = io.BytesIO()
    draw_sign(sign, random.Random(3)).save(out, "JPEG", quality=90)
    return out.getvalue()


async def until_a_worker_runs() -> psutil.Process:
    async with asyncio.timeout(LONG):
        while not (found := worker_processes()):
            await asyncio.sleep(0.02)
    return found[0]


async def test_names_and_phone_numbers_are_read_exactly() -> None:
    signs = [sign for sign in SIGNS if sign.size in ((640, 480), (800, 600)) and sign.phone][:6]
    async with provider(2) as local:
        replies = await asyncio.gather(*(local.annotate([drawn(sign)], "", LONG) for sign in signs))
    for sign, (answer,) in zip(signs, replies, strict=True):
        assert isinstance(answer, Analysis)
        texts = [line.text for line in answer.lines]
        assert answer.text == "\n".join(texts)
        assert [*sign.painted, sign.phone] == [text for text in texts if text in (*sign.painted, sign.phone)]
        assert all(line.confidence > 0.5 and 0 < line.height < 0.5 for line in answer.lines)


async def test_broken_pictures_are_failures_and_the_process_goes_on() -> None:
    async with provider() as local:
        (empty,) = await local.annotate([b""], "", LONG)
        before = worker_processes()
        (broken,) = await local.annotate([b"\xff\xd8\xff\xe0" + bytes(500)], "", LONG)
        (cut,) = await local.annotate([drawn(SIGNS[0])[:9000]], "", LONG)
        assert worker_processes() == before
    assert all(isinstance(answer, ImageFailure) and answer.message for answer in (empty, broken, cut))


async def test_a_killed_process_fails_its_call_and_the_next_call_gets_a_new_one() -> None:
    async with provider() as local:
        await local.annotate([b""], "", LONG)
        call = asyncio.create_task(local.annotate([drawn(SIGNS[0])], "", LONG))
        (await until_a_worker_runs()).kill()
        with pytest.raises(CallFailed) as failed:
            await call
        assert failed.value.refusal is Refusal.CRASHED
        (again,) = await local.annotate([drawn(SIGNS[0])], "", LONG)
        assert isinstance(again, Analysis)


async def test_a_picture_that_takes_too_long_is_a_timeout_and_its_process_is_gone() -> None:
    async with provider() as local:
        await local.annotate([b""], "", LONG)
        old = await until_a_worker_runs()
        with pytest.raises(CallFailed) as failed:
            await local.annotate([drawn(SIGNS[3])], "", 0.01)
        assert failed.value.refusal is Refusal.TIMEOUT
        assert not old.is_running()
