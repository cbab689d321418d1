"""The client for programs that wait for each call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar, Unpack

import httpx

from image_analyzer import core, exporting, operations
from image_analyzer.core import Answer, Call, Effect, Found, Lost, Reply, Retry, Send, Sleep, Steps, Work
from image_analyzer.exporting import OnJob
from image_analyzer.following import OnProgress
from image_analyzer.models import (
    Batch,
    Change,
    Created,
    DryRun,
    ErrorAnalysis,
    ExportJob,
    Health,
    Progress,
    Result,
)
from image_analyzer.options import BatchOptions, ExportOptions, Filters, ListFilters
from image_analyzer.settings import settings_of
from image_analyzer.sources import OnBytes, Source, Upload

T = TypeVar("T")


class Client:
    """One service. Reusable and safe to share between threads; close it, or use it in a `with`.

    `url` and `key` default to IMAGE_ANALYZER_URL and IMAGE_ANALYZER_KEY, and to http://localhost:5001 without
    a key. Every method raises Unreachable when no reply comes and an ApiError when the service refuses;
    what can be sent twice without harm is tried again as `retry` says.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        settings = settings_of(url, key)
        self.url = settings.url
        self.has_key = settings.key is not None
        self._retry = retry or Retry()
        self._http = httpx.Client(base_url=settings.url, headers=settings.headers(), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def create(
        self,
        source: Source,
        *,
        idempotency_key: str | None = None,
        compress: bool = False,
        on_bytes: OnBytes | None = None,
        **options: Unpack[BatchOptions],
    ) -> Created:
        """Upload a path, bytes, an open file or image URLs. `compress` packs it with gzip on its way;
        `on_bytes` is told (sent, total). Without a key one is made, so further tries make no second batch."""
        upload = Upload(source, compress, on_bytes)
        return self._run(operations.create(upload, options, idempotency_key, self._retry))

    def dry_run(
        self,
        source: Source,
        *,
        compress: bool = False,
        on_bytes: OnBytes | None = None,
        **options: Unpack[BatchOptions],
    ) -> DryRun:
        """What `create` would make of it; nothing is stored."""
        return self._run(operations.dry_run(Upload(source, compress, on_bytes), options, self._retry))

    def get(self, batch_id: str) -> Batch:
        return self._run(operations.get(batch_id, self._retry))

    def progress(self, batch_id: str) -> Progress:
        return self._run(operations.progress(batch_id, self._retry))

    def wait(
        self,
        batch_id: str,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Progress:
        """Until it has ended: completed, failed or cancelled. Raises WaitTimeout after `timeout` seconds."""
        return self._run(operations.wait(batch_id, timeout, on_progress, self._retry))

    def batches(self, **filters: Unpack[ListFilters]) -> Iterator[Batch]:
        """All of them, the newest first, read page by page as they are taken."""
        return self._each(operations.batches(filters, self._retry))

    def results(self, batch_id: str, **filters: Unpack[Filters]) -> Iterator[Result]:
        """All of them, in the order of the file, read page by page as they are taken."""
        return self._each(operations.results(batch_id, filters, self._retry))

    def export(
        self,
        batch_id: str,
        target: Path | BinaryIO,
        *,
        on_bytes: Callable[[int], None] | None = None,
        **options: Unpack[ExportOptions],
    ) -> int:
        """The bytes written. A path gets the whole file or stays as it was; `on_bytes` is told how many
        bytes have come."""
        return self._run(operations.export(batch_id, options, target, on_bytes, self._retry))

    def prepare(
        self, batch_id: str, *, on_job: OnJob | None = None, **options: Unpack[ExportOptions]
    ) -> ExportJob:
        """Has a file of any size made in the background and waits until it is there. Raises ExportFailed."""
        return self._run(exporting.prepare(batch_id, options, on_job, self._retry))

    def fetch(
        self, job: ExportJob, target: Path | BinaryIO, *, on_bytes: Callable[[int], None] | None = None
    ) -> int:
        """The bytes written. A download that breaks goes on where it broke; what came is held against the
        SHA-256."""
        return self._run(exporting.fetch(job, target, on_bytes, self._retry))

    def start(self, batch_id: str) -> Change:
        return self._run(operations.control(batch_id, "start", self._retry))

    def force_start(self, batch_id: str) -> Change:
        """Also over the limit of batches that run at once."""
        return self._run(operations.control(batch_id, "force-start", self._retry))

    def pause(self, batch_id: str) -> Change:
        return self._run(operations.control(batch_id, "pause", self._retry))

    def resume(self, batch_id: str, *, max_cost: float | None = None) -> Change:
        """`max_cost`, in US dollars, is the batch's from now on: one that was paused at it needs a higher."""
        return self._run(operations.resume(batch_id, max_cost, self._retry))

    def cancel(self, batch_id: str) -> Change:
        return self._run(operations.control(batch_id, "cancel", self._retry))

    def retry(self, batch_id: str, *, error_classes: Sequence[str] = ()) -> Change:
        """The failed rows again: all of them, or those that failed so."""
        return self._run(operations.retry_rows(batch_id, error_classes, self._retry))

    def clone(self, batch_id: str, *, new_name: str | None = None, copy_results: bool = False) -> Created:
        """With results no image is paid for again; without, the clone waits to be started."""
        return self._run(operations.clone(batch_id, new_name, copy_results, self._retry))

    def soft_delete(self, batch_id: str, *, retention_days: int | None = None) -> Change:
        """Out of the lists, and gone for good after the retention."""
        return self._run(operations.soft_delete(batch_id, retention_days, self._retry))

    def restore(self, batch_id: str) -> Change:
        return self._run(operations.control(batch_id, "restore", self._retry))

    def delete(self, batch_id: str, *, force: bool = False) -> Change:
        """Gone for good, now. `force` cancels it first if it is active."""
        return self._run(operations.delete(batch_id, force, self._retry))

    def analyze(self, batch_id: str) -> ErrorAnalysis:
        return self._run(operations.analyze(batch_id, self._retry))

    def health(self) -> Health:
        """Also of a service that says it is unhealthy."""
        return self._run(operations.health(self._retry))

    def request(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The `data` of anything else of the API. Only GET and DELETE are tried again."""
        return self._run(operations.request(method, path, body, self._retry))

    def _run(self, steps: Steps[T]) -> T:
        """Do what the operation asks for, until it returns."""
        answer: Answer = None
        with closing(steps):
            while True:
                try:
                    effect = steps.send(answer)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]  # a generator's StopIteration has its T
                answer = self._do(effect)

    def _each(self, steps: Steps[None]) -> Iterator[Any]:
        answer: Answer = None
        with closing(steps):
            while True:
                try:
                    effect = steps.send(answer)
                except StopIteration:
                    return
                answer = None
                if isinstance(effect, Found):
                    yield effect.item
                else:
                    answer = self._do(effect)

    def _do(self, effect: Effect) -> Answer:
        match effect:
            case Send(call):
                return self._send(call)
            case Sleep(seconds):
                time.sleep(seconds)
            case Work(do):
                do()
        return None

    def _send(self, call: Call) -> Reply | Lost:
        try:
            with self._http.stream(**call.arguments()) as response:
                body = core.Body(call, response.status_code)
                for piece in response.iter_bytes():
                    if not body.take(piece):
                        break
                return Reply(response.status_code, response.headers, body.read())
        except httpx.RequestError as error:
            return Lost(self.url, error)
