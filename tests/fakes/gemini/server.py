"""The fake itself: generateContent over HTTP. It checks, in this order, the path and the model, the key, the
deadline, the quota, and the body: its fields, the schema, and the picture, which must be one of the kind that
it is said to be."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.gemini import refusal
from tests.fakes.gemini.behaviour import Behaviour
from tests.fakes.gemini.refusal import Refused
from tests.fakes.gemini.request import Asked, any_of, read
from tests.fakes.truth import Truth, extract, truth_of
from tests.fakes.vision.journal import CallLine, Journal
from tests.fakes.vision.quota import SlidingWindow
from tests.fakes.vision.server import fingerprint

MODEL = "gemini-3.5-flash-lite"
_LEAST_DEADLINE = 10  # seconds that a caller may give the server
_PICTURE_TOKENS = 1_120
_MOST_BYTES = 20 * 1024**2


class FakeGemini:
    """`url` is for GEMINI_ENDPOINT; `instructions` are those that calls came with."""

    def __init__(self, behaviour: Behaviour, log: Path | None) -> None:
        self.behaviour = behaviour
        self.journal = Journal(log)
        self.url = ""
        self.instructions: set[str] = set()
        self._windows: dict[str, SlidingWindow] = {}

    async def generate(self, request: web.Request) -> web.StreamResponse:
        began, raw, key = time.time(), await request.read(), request.headers.get("x-goog-api-key", "")
        verdict = self._judge(request, raw, key)
        outcome = verdict.outcome if isinstance(verdict, Refused) else "ok"
        content = verdict.content if isinstance(verdict, Asked) else raw
        images = [(hashlib.sha256(content).digest(), outcome)]
        call = self.journal.arrived(began, fingerprint(key), images, outcome)
        status = "CANCELLED"
        try:
            answer = await self._reply(request, verdict)
            status = str(answer.status)
            return answer
        finally:
            print_ = fingerprint(key)
            line = CallLine(
                t=began, end=time.time(), call=call, key=print_, images=1, bytes=len(raw), status=status
            )
            self.journal.ended(line)

    def _judge(self, request: web.Request, raw: bytes, key: str) -> Asked | Refused:
        now = self.behaviour
        if request.match_info["model"] != MODEL:
            return refusal.not_found(f"models/{request.match_info['model']}")
        if now.outage:
            return refusal.outage(now.outage)
        if not key:
            return refusal.no_key()
        if key in now.bad_keys:
            return refusal.bad_key()
        if key in now.blocked_keys:
            return refusal.blocked_key(key)
        if int(request.headers.get("X-Server-Timeout", _LEAST_DEADLINE)) < _LEAST_DEADLINE:
            return refusal.invalid("Manually set deadline is too short. Minimum allowed deadline is 10s.")
        if now.quota is not None:
            window = self._windows.setdefault(key, SlidingWindow())
            wait = window.wait_for(1, now.quota, now.window, time.monotonic())
            if wait:
                return refusal.over_quota(wait)
            window.take(1, time.monotonic())
        return refusal.invalid(now.complains) if now.complains else read(raw)

    async def _reply(self, request: web.Request, verdict: Asked | Refused) -> web.StreamResponse:
        now = self.behaviour
        if now.hang_up and request.transport:
            request.transport.abort()
        if now.proxy is not None:
            return web.Response(body=now.proxy, content_type="application/json")
        if isinstance(verdict, Refused):
            return web.json_response(verdict.body, status=verdict.code)
        self.instructions.add(verdict.instruction)
        await asyncio.sleep(now.delay)
        return web.json_response(answer(verdict, now))


def answer(asked: Asked, now: Behaviour) -> dict[str, Any]:
    text = now.says if now.says is not None else json.dumps(_said(asked), ensure_ascii=False)
    read_in, written = _PICTURE_TOKENS + len(asked.instruction) // 4, len(text) // 4
    usage = {"promptTokenCount": read_in, "candidatesTokenCount": written}
    reply: dict[str, Any] = {"modelVersion": MODEL, "responseId": "an-id"}
    if now.block:
        usage = {"promptTokenCount": read_in, "totalTokenCount": read_in}
        return {**reply, "promptFeedback": {"blockReason": now.block}, "usageMetadata": usage}
    if now.thoughts:
        usage["thoughtsTokenCount"] = now.thoughts
    usage["totalTokenCount"] = sum(usage.values())
    candidate: dict[str, Any] = {"finishReason": now.finish, "index": 0}
    if now.finish in ("STOP", "MAX_TOKENS"):
        cut = text if now.finish == "STOP" else text[: len(text) // 2]
        candidate["content"] = {"parts": [{"text": cut}], "role": "model"}
    return {**reply, "candidates": [candidate], "usageMetadata": usage}


def _said(asked: Asked) -> Any:
    """What the model sees, in the form that was asked for."""
    digest = hashlib.sha256(asked.content).digest()
    truth: Truth = extract(asked.content) or truth_of(int.from_bytes(digest[:4], "big"))
    lines = [*truth.name.split("\n"), *([truth.phone] if truth.phone else [])] if truth.is_store else []
    known = {
        "lines": lines,
        "lines_sure": 0.97,
        "is_shop": truth.is_store,
        "is_shop_sure": 0.95,
        "why": "a sign above a door",
        "name": " ".join(truth.name.split("\n")) if truth.is_store else None,
        "name_sure": 0.93 if truth.is_store else 0,
        "contacts": lines[-1:] if truth.phone and truth.is_store else [],
        "contacts_sure": 0.96 if truth.phone else 0,
        "sentence": "A shop with its sign above the door.",
        "sentence_sure": 0.9,
    }
    return any_of(asked.schema, known)


@asynccontextmanager
async def serve(behaviour: Behaviour | None = None, *, log: Path | None = None) -> AsyncIterator[FakeGemini]:
    """A fake Gemini on a loopback port of its own, until the block ends."""
    fake = FakeGemini(behaviour or Behaviour(), log)
    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post("/v1beta/models/{model:[^/:]+}:generateContent", fake.generate)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield fake
    finally:
        await runner.cleanup()
        fake.journal.close()
