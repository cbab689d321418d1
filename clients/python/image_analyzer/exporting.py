"""Exports that the service makes in the background; their files are fetched in as many parts as it takes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from image_analyzer.core import (
    Call,
    Reply,
    Retry,
    Send,
    Sleep,
    Steps,
    Work,
    failure_of,
    passes,
    settle,
    within,
)
from image_analyzer.downloads import AtomicFile, OpenFile
from image_analyzer.errors import ExportFailed, ImageAnalyzerError
from image_analyzer.models import ExportJob
from image_analyzer.options import ExportOptions

OnJob = Callable[[ExportJob], object]
_EXPORTS = "/api/v1/exports"
_BESIDE_FILTERS = ("format", "metadata", "columns", "excel")
_SLOWEST_POLL_SECONDS = 5.0


def prepare(batch_id: str, options: ExportOptions, on_job: OnJob | None, retry: Retry) -> Steps[ExportJob]:
    """Until its file is there. Raises ExportFailed where there will be none."""
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    call = Call("POST", _EXPORTS, headers=headers, body=_body(batch_id, options))
    reply = yield from settle(call, retry)
    while True:
        job = ExportJob.of(reply.data)
        if on_job is not None:
            on_job(job)
        if not job.is_active:
            break
        asked = float(reply.headers.get("x-polling-interval", _SLOWEST_POLL_SECONDS))
        yield Sleep(min(asked, _SLOWEST_POLL_SECONDS))
        reply = yield from settle(Call("GET", within(f"{_EXPORTS}/{{}}", job.export_id)), retry)
    if job.status != "completed":
        raise ExportFailed(f"The export is {job.status}. {job.error_message or ''}".strip())
    return job


def fetch(
    job: ExportJob, target: Path | BinaryIO, on_bytes: Callable[[int], None] | None, retry: Retry
) -> Steps[int]:
    """Bytes written. A download that breaks goes on where it broke. Raises ImageAnalyzerError when what came
    is not what was made; a path stays as it was then."""
    sink = AtomicFile(target, on_bytes) if isinstance(target, Path) else OpenFile(target, on_bytes)
    whole = _Whole(sink)
    try:
        yield from _parts(job, whole, retry)
        if whole.sha256 != job.sha256:
            raise ImageAnalyzerError("What came is not the file that was made: its SHA-256 is another one.")
        yield Work(sink.commit)
        return sink.size
    finally:
        sink.discard()


def _parts(job: ExportJob, whole: _Whole, retry: Retry) -> Steps[None]:
    """As many as it takes while some bytes come; in vain as often as `retry` says."""
    path, in_vain = within(f"{_EXPORTS}/{{}}/file", job.export_id), 0
    while whole.size < job.bytes:
        had = whole.size
        rest = {"Range": f"bytes={had}-", "Accept-Encoding": "identity"}
        answer = yield Send(Call("GET", path, headers=rest, sink=whole))
        if isinstance(answer, Reply) and answer.status < 400:
            if whole.size == had:
                raise ImageAnalyzerError("The service sent no byte of the file.")
            continue
        error = failure_of(answer)
        in_vain = 1 if whole.size > had else in_vain + 1
        if in_vain >= retry.tries or not passes(error):
            raise error
        yield Sleep(retry.wait(in_vain, None))


class _Whole:
    """Takes parts one after the other into another sink."""

    def __init__(self, sink: AtomicFile | OpenFile) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()

    @property
    def size(self) -> int:
        return self._sink.size

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def begin(self) -> None:
        """What came before stays."""

    def take(self, piece: bytes) -> bool:
        self._hash.update(piece)
        return self._sink.take(piece)


def _body(batch_id: str, options: ExportOptions) -> Mapping[str, Any]:
    given = {name: _json(value) for name, value in options.items() if value is not None}
    beside = {name: given.pop(name) for name in _BESIDE_FILTERS if name in given}
    return {"batch_id": batch_id, **beside, **({"filters": given} if given else {})}


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
