"""A gateway and an exporter with batches in every state, and one call for each endpoint of the document."""

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from dev.ports import free_port
from shared.error_classes import ErrorClass
from shared.events import ImageAnalyzed
from shared.ids import chunk_id, result_id
from shared.kafka import producer
from shared.topics import RESULTS, Named
from tests.contract.gateway import Gateway, began, running
from tests.local_servers import end, launch
from tests.servers import Servers

_SECONDS = 30
_URLS = [f"https://example.com/{number}.jpg" for number in range(1, 5)]
_CSV = "\n".join(["url,branch", *(f"{url},Leeds" for url in _URLS)]).encode()


@dataclass
class World:
    gateway: Gateway
    client: httpx.Client

    def made(self, name: str, **fields: str) -> UUID:
        """A new batch of four rows in two chunks."""
        form = {"batch_name": name, "chunk_size": "2", **fields}
        reply = self.client.post("/api/v1/batches", files={"file": ("urls.csv", _CSV)}, data=form)
        assert reply.status_code == 201, reply.text
        return UUID(reply.json()["data"]["batch_id"])

    def with_results(self, name: str, successful: int, failed: int) -> UUID:
        """Started a minute ago, the first rows analysed; ended where all are."""
        batch_id = self.made(name)
        asyncio.run(began(self.gateway, batch_id))
        asyncio.run(
            self._send([_result(batch_id, n + 1, n < successful) for n in range(successful + failed)])
        )
        deadline = time.monotonic() + _SECONDS
        while not self._is_stored(batch_id, successful + failed):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return batch_id

    def _is_stored(self, batch_id: UUID, rows: int) -> bool:
        found = self.client.get(f"/api/v1/batches/{batch_id}/progress").json()["data"]
        return bool(found["processed_count"] == rows and found["is_active"] == (rows < len(_URLS)))

    async def _send(self, events: list[ImageAnalyzed]) -> None:
        async with producer(self.gateway.kafka, Named(self.gateway.topic_prefix)) as sender:
            futures = [await sender.send(RESULTS, str(one.chunk_id).encode(), one) for one in events]
            await asyncio.gather(*futures)

    def act(self, batch_id: UUID, action: str, method: str = "POST", **arguments: Any) -> httpx.Response:
        path = f"/api/v1/batches/{batch_id}/{action}".rstrip("/")
        return self.client.request(method, path, **arguments)


def _result(batch_id: UUID, row_no: int, success: bool) -> ImageAnalyzed:
    chunk_no = (row_no + 1) // 2
    read = {
        "store_image": True,
        "text_content": "Store front image",
        "store_name": "Example Store",
        "business_contact": "contact@example.com",
        "image_description": "Modern storefront with glass windows",
    }
    broken = {"error_class": ErrorClass.TIMEOUT, "error_message": "The host did not answer in time."}
    return ImageAnalyzed(
        batch_id=batch_id,
        at=datetime.now(UTC),
        result_id=result_id(batch_id, row_no),
        chunk_id=chunk_id(batch_id, chunk_no),
        chunk_no=chunk_no,
        row_no=row_no,
        url=_URLS[row_no - 1],
        success=success,
        attempt=1,
        worker="analyzer-1",
        **(read if success else broken),
    )


@contextmanager
def world(servers: Servers, template: str, folder: Path) -> Iterator[World]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        running(servers, template, folder, 193, EXPORTER_URL=address, AUTH_SECRET="s" * 32) as gateway,
        _exporter(servers, gateway, port, folder / "exporter.log"),
        httpx.Client(base_url=gateway.url, timeout=_SECONDS) as client,
    ):
        yield World(gateway, client)


@contextmanager
def _exporter(servers: Servers, gateway: Gateway, port: int, log: Path) -> Iterator[None]:
    environment = {
        **servers.environment(),
        "DATABASE_URL": gateway.database_url,
        "REDIS_URL": gateway.redis_url,
        "TOPIC_PREFIX": gateway.topic_prefix,
        "OPS_PORT": str(port),
        "BLOB_URL": gateway.blobs.as_uri(),
        "INSTANCE": "exporter-1",
    }
    with log.open("w") as output:
        process = launch("services.exporter", environment, output.fileno(), subprocess.STDOUT)
        try:
            yield
        finally:
            status = end(process)
    assert status == 0, log.read_text()


Call = Callable[[World], httpx.Response]


def _on_pending(action: str, **arguments: Any) -> Call:
    return lambda w: w.act(w.made(action, auto_start="false"), action, **arguments)


def _on_running(action: str) -> Call:
    return lambda w: w.act(w.with_results(action, 2, 1), action, "GET")


def _on_ended(action: str, method: str = "POST", **arguments: Any) -> Call:
    return lambda w: w.act(w.with_results(action or "deleted", 4, 0), action, method, **arguments)


def _resumed(w: World) -> httpx.Response:
    batch_id = w.made("resumed")
    w.act(batch_id, "pause")
    return w.act(batch_id, "resume")


def _listed(w: World) -> httpx.Response:
    w.with_results("listed", 2, 1)
    return w.client.get("/api/v1/batches", params={"q": "listed"})


def _export(path: str, **params: str) -> Call:
    return lambda w: w.client.get(path.format(w.with_results("exported", 4, 0)), params=params)


def _multiple(w: World) -> httpx.Response:
    ids = [str(w.with_results("first", 4, 0)), str(w.with_results("second", 2, 1))]
    body = {"batch_ids": ids, "format": "csv", "metadata": True}
    return w.client.post("/api/v1/export/batches/multiple", json=body)


def _filtered(w: World) -> httpx.Response:
    filters = {
        "batch_ids": [str(w.with_results("filtered", 4, 0)), "batch2"],
        "start_date": "2025-11-01T00:00:00Z",
        "end_date": "2100-11-02T23:59:59Z",
        "success_only": True,
    }
    body = {"filters": filters, "format": "xlsx", "limit": 10000}
    return w.client.post("/api/v1/export/filtered", json=body)


def _statistics(w: World) -> httpx.Response:
    w.client.get(f"/api/v1/export/batch/{w.with_results('counted', 4, 0)}")
    return w.client.get("/api/v1/export/statistics")


def _get(path: str) -> Call:
    return lambda w: w.client.get(path)


CALLS: dict[str, Call] = {
    "POST /api/v1/batches": lambda w: w.client.post(
        "/api/v1/batches",
        files={"file": ("urls.csv", _CSV)},
        data={"batch_name": "My Test Batch", "auto_start": "true"},
    ),
    "GET /api/v1/batches": _listed,
    "GET /api/v1/batch/{batch_id}": lambda w: w.client.get(f"/api/v1/batch/{w.with_results('one', 2, 1)}"),
    "GET /api/v1/batches/{batch_id}/status": _on_running("status"),
    "GET /api/v1/batches/{batch_id}/progress": _on_running("progress"),
    "POST /api/v1/batches/{batch_id}/start": _on_pending("start"),
    "POST /api/v1/batches/{batch_id}/pause": lambda w: w.act(w.made("paused"), "pause"),
    "POST /api/v1/batches/{batch_id}/resume": _resumed,
    "POST /api/v1/batches/{batch_id}/cancel": _on_pending("cancel"),
    "POST /api/v1/batches/{batch_id}/force-start": _on_pending(
        "force-start", json={"skip_validation": False}
    ),
    "POST /api/v1/batches/{batch_id}/clone": _on_ended(
        "clone", json={"new_name": "Cloned Batch Name", "copy_results": False}
    ),
    "POST /api/v1/batches/{batch_id}/soft-delete": _on_ended("soft-delete", json={"retention_days": 30}),
    "DELETE /api/v1/batches/{batch_id}": _on_ended("", "DELETE", params={"force": "false"}),
    "GET /api/v1/batches/{batch_id}/health": _on_running("health"),
    "GET /api/v1/batches/{batch_id}/analyze": _on_running("analyze"),
    "GET /api/v1/batches/{batch_id}/chunks": _on_ended("chunks", "GET"),
    "GET /api/v1/export/batch/{batch_id}": _export("/api/v1/export/batch/{}", format="csv"),
    "POST /api/v1/export/batches/multiple": _multiple,
    "POST /api/v1/export/filtered": _filtered,
    "GET /api/v1/export/template": _get("/api/v1/export/template"),
    "GET /api/v1/export/statistics": _statistics,
    "GET /api/v1/export/batch/{batch_id}/preview": _export("/api/v1/export/batch/{}/preview"),
    "GET /api/v1/export/formats": _get("/api/v1/export/formats"),
    "GET /api/v1/export/batch/{batch_id}/summary": _export("/api/v1/export/batch/{}/summary"),
    "GET /api/v1/system/stats": _get("/api/v1/system/stats"),
    "GET /api/v1/health": _get("/api/v1/health"),
    "GET /admin/queue/status": _get("/admin/queue/status"),
    "POST /admin/queue/cleanup": lambda w: w.client.post(
        "/admin/queue/cleanup",
        json={
            "job_types": ["process_chunk", "chunk_processing"],
            "max_age_hours": 24,
            "clean_database": True,
        },
    ),
    "POST /admin/batch/{batch_id}/reset": lambda w: w.client.post(
        f"/admin/batch/{w.with_results('reset', 2, 1)}/reset", json={"force": True}
    ),
    "GET /": _get("/"),
    "GET /batch/{batch_id}": lambda w: w.client.get(f"/batch/{w.with_results('page', 2, 1)}"),
    "POST /upload": lambda w: w.client.post("/upload", files={"file": ("urls.csv", _CSV)}),
    "GET /system/status": _get("/system/status"),
    "GET /admin": _get("/admin"),
    "GET /export/batch/{batch_id}": _export("/export/batch/{}"),
    "GET /export/template": _get("/export/template"),
}
# What the document calls a download, by its content type.
DOWNLOADS = {
    "GET /api/v1/export/batch/{batch_id}": "text/csv",
    "POST /api/v1/export/batches/multiple": "application/zip",
    "POST /api/v1/export/filtered": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "GET /api/v1/export/template": "text/csv",
    "GET /export/batch/{batch_id}": "text/csv",
    "GET /export/template": "text/csv",
}
