"""The client for programs with an event loop; what its methods do is said at their twins in client.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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


class AsyncClient:
    """As Client, with `await`. Files are opened, packed and moved in a thread; pieces of them are read and
    written in between, which takes microseconds."""

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        settings = settings_of(url, key)
        self.url = settings.url
        self.has_key = settings.key is not None
        self._retry = retry or Retry()
        self._http = httpx.AsyncClient(base_url=settings.url, headers=settings.headers(), transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def create(
        self,
        source: Source,
        *,
        idempotency_key: str | None = None,
        compress: bool = False,
        on_bytes: OnBytes | None = None,
        **options: Unpack[BatchOptions],
    ) -> Created:
        upload = Upload(source, compress, on_bytes)
        return await self._run(operations.create(upload, options, idempotency_key, self._retry))

    async def dry_run(
        self,
        source: Source,
        *,
        compress: bool = False,
        on_bytes: OnBytes | None = None,
        **options: Unpack[BatchOptions],
    ) -> DryRun:
        return await self._run(operations.dry_run(Upload(source, compress, on_bytes), options, self._retry))

    async def get(self, batch_id: str) -> Batch:
        return await self._run(operations.get(batch_id, self._retry))

    async def progress(self, batch_id: str) -> Progress:
        return await self._run(operations.progress(batch_id, self._retry))

    async def wait(
        self,
        batch_id: str,
        *,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Progress:
        return await self._run(operations.wait(batch_id, timeout, on_progress, self._retry))

    def batches(self, **filters: Unpack[ListFilters]) -> AsyncIterator[Batch]:
        return self._each(operations.batches(filters, self._retry))

    def results(self, batch_id: str, **filters: Unpack[Filters]) -> AsyncIterator[Result]:
        return self._each(operations.results(batch_id, filters, self._retry))

    async def export(
        self,
        batch_id: str,
        target: Path | BinaryIO,
        *,
        on_bytes: Callable[[int], None] | None = None,
        **options: Unpack[ExportOptions],
    ) -> int:
        return await self._run(operations.export(batch_id, options, target, on_bytes, self._retry))

    async def prepare(
        self, batch_id: str, *, on_job: OnJob | None = None, **options: Unpack[ExportOptions]
    ) -> ExportJob:
        return await self._run(exporting.prepare(batch_id, options, on_job, self._retry))

    async def fetch(
        self, job: ExportJob, target: Path | BinaryIO, *, on_bytes: Callable[[int], None] | None = None
    ) -> int:
        return await self._run(exporting.fetch(job, target, on_bytes, self._retry))

    async def start(self, batch_id: str) -> Change:
        return await self._run(operations.control(batch_id, "start", self._retry))

    async def force_start(self, batch_id: str) -> Change:
        return await self._run(operations.control(batch_id, "force-start", self._retry))

    async def pause(self, batch_id: str) -> Change:
        return await self._run(operations.control(batch_id, "pause", self._retry))

    async def resume(self, batch_id: str, *, max_cost: float | None = None) -> Change:
        """`max_cost`, in US dollars, is the batch's from now on: one that was paused at it needs a higher."""
        return await self._run(operations.resume(batch_id, max_cost, self._retry))

    async def cancel(self, batch_id: str) -> Change:
        return await self._run(operations.control(batch_id, "cancel", self._retry))

    async def retry(self, batch_id: str, *, error_classes: Sequence[str] = ()) -> Change:
        return await self._run(operations.retry_rows(batch_id, error_classes, self._retry))

    async def clone(
        self, batch_id: str, *, new_name: str | None = None, copy_results: bool = False
    ) -> Created:
        return await self._run(operations.clone(batch_id, new_name, copy_results, self._retry))

    async def soft_delete(self, batch_id: str, *, retention_days: int | None = None) -> Change:
        return await self._run(operations.soft_delete(batch_id, retention_days, self._retry))

    async def restore(self, batch_id: str) -> Change:
        return await self._run(operations.control(batch_id, "restore", self._retry))

    async def delete(self, batch_id: str, *, force: bool = False) -> Change:
        return await self._run(operations.delete(batch_id, force, self._retry))

    async def analyze(self, batch_id: str) -> ErrorAnalysis:
        return await self._run(operations.analyze(batch_id, self._retry))

    async def health(self) -> Health:
        return await self._run(operations.health(self._retry))

    async def request(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        return await self._run(operations.request(method, path, body, self._retry))

    async def _run(self, steps: Steps[T]) -> T:
        """Do what the operation asks for, until it returns."""
        answer: Answer = None
        with closing(steps):
            while True:
                try:
                    effect = steps.send(answer)
                except StopIteration as end:
                    return end.value  # type: ignore[no-any-return]  # a generator's StopIteration has its T
                answer = await self._do(effect)

    async def _each(self, steps: Steps[None]) -> AsyncIterator[Any]:
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
                    answer = await self._do(effect)

    async def _do(self, effect: Effect) -> Answer:
        match effect:
            case Send(call):
                return await self._send(call)
            case Sleep(seconds):
                await asyncio.sleep(seconds)
            case Work(do):
                await asyncio.to_thread(do)
        return None

    async def _send(self, call: Call) -> Reply | Lost:
        try:
            async with self._http.stream(**call.arguments()) as response:
                body = core.Body(call, response.status_code)
                async for piece in response.aiter_bytes():
                    if not body.take(piece):
                        break
                return Reply(response.status_code, response.headers, body.read())
        except httpx.RequestError as error:
            return Lost(self.url, error)
