"""Every operation of the service, once for both clients (core.py says how)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from image_analyzer.core import Call, Found, Reply, Retry, Send, Sleep, Steps, Work, settle, within
from image_analyzer.downloads import AtomicFile, OpenFile
from image_analyzer.errors import WaitTimeout
from image_analyzer.following import Follower, OnProgress
from image_analyzer.models import (
    Batch,
    Change,
    Created,
    DryRun,
    ErrorAnalysis,
    Health,
    Model,
    Progress,
    Result,
)
from image_analyzer.options import BatchOptions, ExportOptions, Filters, ListFilters, texts
from image_analyzer.sources import Upload

_BATCHES = "/api/v1/batches"
_PAGE = 100
_POLL_SECONDS = 5.0
# Where nothing happens the server sends a comment every 15 s.
_SILENCE_SECONDS = 20.0
# A young batch is looked at sooner than the server asks: a small one is done by then.
_FIRST_POLL_SECONDS = 0.25
# The gateway gives its exporter as long.
_EXPORT_SILENCE_SECONDS = 120.0


def create(upload: Upload, options: BatchOptions, key: str | None, retry: Retry) -> Steps[Created]:
    """The key makes it repeatable: however often it is sent, there is one batch."""
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    return _created((yield from _upload(upload, texts(options), headers, retry)))


def dry_run(upload: Upload, options: BatchOptions, retry: Retry) -> Steps[DryRun]:
    reply = yield from _upload(upload, {**texts(options), "dry_run": "true"}, {}, retry)
    return DryRun.of(reply.data)


def get(batch_id: str, retry: Retry) -> Steps[Batch]:
    reply = yield from settle(Call("GET", within(f"{_BATCHES}/{{}}", batch_id)), retry)
    return Batch.of(reply.data["batch_info"])


def progress(batch_id: str, retry: Retry) -> Steps[Progress]:
    reply = yield from settle(Call("GET", within(f"{_BATCHES}/{{}}/progress", batch_id)), retry)
    return Progress.of({**reply.data, "poll_after": _poll_after(reply.headers)})


def wait(
    batch_id: str, timeout: float | None, on_progress: OnProgress | None, retry: Retry
) -> Steps[Progress]:
    """Listens to the live events, and looks by itself where there are none, as often as the server
    recommends. What it looked at last is what counts: events only tell when to look. Raises WaitTimeout."""
    deadline = None if timeout is None else time.monotonic() + timeout
    tell = on_progress or _nobody
    listens, ramp = True, _FIRST_POLL_SECONDS
    while True:
        seen = yield from progress(batch_id, retry)
        tell(seen)
        if not seen.is_active:
            return seen
        if deadline is not None and time.monotonic() >= deadline:
            raise WaitTimeout(f"Batch {batch_id} is {seen.status} after {timeout:g} s; it goes on.")
        if listens:
            follower = Follower(seen, tell, deadline)
            yield Send(_listening(batch_id, follower, _until(deadline, _SILENCE_SECONDS)))
            # A stream without a word is none; after the end of one, a retry is followed by looking.
            listens = follower.heard and not follower.ended
            if follower.ended:
                continue
        yield Sleep(_until(deadline, min(seen.poll_after, ramp)))
        ramp *= 2


def batches(filters: ListFilters, retry: Retry) -> Steps[None]:
    """Finds each Batch, the newest first."""
    return _pages(_BATCHES, "batches", Batch, texts(filters), retry)


def results(batch_id: str, filters: Filters, retry: Retry) -> Steps[None]:
    """Finds each Result, in the order of the file."""
    return _pages(within(f"{_BATCHES}/{{}}/results", batch_id), "results", Result, texts(filters), retry)


def _pages(path: str, name: str, kind: type[Model], filters: Mapping[str, str], retry: Retry) -> Steps[None]:
    """By cursor: what is new meanwhile neither repeats nor hides anything."""
    params = {**filters, "per_page": str(_PAGE)}
    while True:
        reply = yield from settle(Call("GET", path, params), retry)
        for one in reply.data[name]:
            yield Found(kind.of(one))
        if not reply.data.get("next_cursor"):
            return
        params = {**params, "cursor": str(reply.data["next_cursor"])}


def control(
    batch_id: str, verb: str, retry: Retry, body: Mapping[str, object] | None = None
) -> Steps[Change]:
    """Verbs that say what shall be so: sent twice, the second finds it so."""
    reply = yield from settle(Call("POST", within(f"{_BATCHES}/{{}}/{{}}", batch_id, verb), body=body), retry)
    return _change(reply)


def resume(batch_id: str, max_cost: float | None, retry: Retry) -> Steps[Change]:
    body = {"max_cost": max_cost} if max_cost is not None else {}
    return (yield from control(batch_id, "resume", retry, body))


def retry_rows(batch_id: str, error_classes: Sequence[str], retry: Retry) -> Steps[Change]:
    """Not sent again when its reply is lost: it may have begun a run that is over by then."""
    path = within(f"{_BATCHES}/{{}}/retry", batch_id)
    body = {"error_classes": list(error_classes)} if error_classes else {}
    reply = yield from settle(Call("POST", path, body=body, repeatable=False), retry)
    return _change(reply)


def clone(batch_id: str, new_name: str | None, copy_results: bool, retry: Retry) -> Steps[Created]:
    """Not sent again when its reply is lost: there would be two clones."""
    path = within(f"{_BATCHES}/{{}}/clone", batch_id)
    body = {"copy_results": copy_results, **({"new_name": new_name} if new_name else {})}
    return _created((yield from settle(Call("POST", path, body=body, repeatable=False), retry)))


def delete(batch_id: str, force: bool, retry: Retry) -> Steps[Change]:
    params = {"force": "true"} if force else {}
    reply = yield from settle(Call("DELETE", within(f"{_BATCHES}/{{}}", batch_id), params), retry)
    return _change(reply)


def soft_delete(batch_id: str, retention_days: int | None, retry: Retry) -> Steps[Change]:
    body = {"retention_days": retention_days} if retention_days is not None else {}
    return (yield from control(batch_id, "soft-delete", retry, body))


def analyze(batch_id: str, retry: Retry) -> Steps[ErrorAnalysis]:
    reply = yield from settle(Call("GET", within(f"{_BATCHES}/{{}}/analyze", batch_id)), retry)
    return ErrorAnalysis.of(reply.data)


def export(
    batch_id: str,
    options: ExportOptions,
    target: Path | BinaryIO,
    on_bytes: Callable[[int], None] | None,
    retry: Retry,
) -> Steps[int]:
    """Bytes written. A download that breaks off begins again; until it is whole, a path stays as it was."""
    sink = AtomicFile(target, on_bytes) if isinstance(target, Path) else OpenFile(target, on_bytes)
    try:
        path = within("/api/v1/export/batch/{}", batch_id)
        call = Call("GET", path, texts(options), sink=sink, silence=_EXPORT_SILENCE_SECONDS)
        yield from settle(call, retry)
        yield Work(sink.commit)
        return sink.size
    finally:
        sink.discard()


def health(retry: Retry) -> Steps[Health]:
    """Also of a service that says it is unhealthy, which is not tried again: that is an answer."""
    reply = yield from settle(Call("GET", "/api/v1/health", accept=(503,)), retry)
    said = reply.envelope
    return Health.of({**said["data"], "server_time": said.get("timestamp")})


def request(method: str, path: str, body: Mapping[str, object] | None, retry: Retry) -> Steps[Any]:
    """The `data` of anything else of the API."""
    call = Call(method, path, body=body, repeatable=method in ("GET", "DELETE"))
    reply = yield from settle(call, retry)
    return reply.data


def _upload(
    upload: Upload, form: Mapping[str, str], headers: Mapping[str, str], retry: Retry
) -> Steps[Reply]:
    try:
        yield Work(upload.open)
        call = Call("POST", _BATCHES, headers=headers, form=form, file=upload.part())
        return (yield from settle(call, retry))
    finally:
        upload.close()


def _created(reply: Reply) -> Created:
    said = reply.envelope
    data = said["data"]
    facts = {**data["batch_info"], "batch_id": data["batch_id"], "message": said.get("message", "")}
    facts["status"] = facts["status"].lower()
    return Created.of({**facts, "replayed": reply.headers.get("idempotent-replayed") == "true"})


def _listening(batch_id: str, follower: Follower, silence: float) -> Call:
    headers = {"Accept": "text/event-stream"}
    return Call(
        "GET", within(f"{_BATCHES}/{{}}/events", batch_id), headers=headers, sink=follower, silence=silence
    )


def _until(deadline: float | None, seconds: float) -> float:
    """Not beyond the deadline. A timeout of 0 would be none."""
    return seconds if deadline is None else max(0.01, min(seconds, deadline - time.monotonic()))


def _nobody(progress: Progress) -> None:
    """Is told."""


def _change(reply: Reply) -> Change:
    said = reply.envelope
    return Change.of({**said["data"], "message": said.get("message", "")})


def _poll_after(headers: Mapping[str, str]) -> float:
    value = headers.get("x-polling-interval", "")
    return float(value) if value.isascii() and value.isdigit() and value != "0" else _POLL_SECONDS
