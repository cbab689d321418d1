"""Uploads that are discarded leave nothing, neither in the store nor open."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import obstore
import psutil
import pytest
from obstore.store import LocalStore
from starlette.requests import Request

from services.gateway.errors import ProcessingError, SystemUnavailable, TooLarge
from services.gateway.handler import Handler
from services.gateway.multipart import UploadForm
from services.gateway.settings import GatewaySettings
from services.gateway.upload import Upload, paths_of
from services.gateway.upload_bench import Seat, bench
from shared.postgres import UNAVAILABLE
from shared.settings import read

_FORM = "multipart/form-data; boundary=b"
_HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'


class Database:
    """A pool, its one connection and its one transaction; `fault` says where the server goes away."""

    def __init__(self, fault: str) -> None:
        self._fault = fault

    def acquire(self, **_: Any) -> "Database":
        if self._fault == "acquire":
            raise TimeoutError
        return self

    def transaction(self) -> "Commit":
        return Commit(lost=self._fault == "commit")

    async def execute(self, *_: Any) -> None:
        if self._fault == "execute":
            raise ConnectionResetError

    async def __aenter__(self) -> "Database":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Commit:
    def __init__(self, lost: bool) -> None:
        self._lost = lost

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        if self._lost:
            raise ConnectionResetError


@pytest.mark.parametrize(("fault", "blobs"), [("acquire", 0), ("execute", 0), ("commit", 2)])
async def test_blobs_stay_only_where_the_commit_may_have_happened(
    fault: str, blobs: int, tmp_path: Path
) -> None:
    store = LocalStore(prefix=tmp_path)
    servers = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS"), "x")
    settings = read(GatewaySettings, {**servers, "BLOB_URL": tmp_path.as_uri()})
    database: Any = Database(fault)
    unused: Any = None
    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
    }
    body = _HEAD + b"url\nhttps://example.com/1.jpg\n\r\n--b--\r\n"

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async with bench() as uploads:
        handler = Handler(settings, database, store, unused, uploads, unused)
        with pytest.raises(UNAVAILABLE):
            await handler.upload(Request(scope, receive))
    assert sum(len(some) for some in obstore.list(store)) == blobs


async def workbook(size: int) -> AsyncIterator[bytes]:
    yield _HEAD + b"PK\x03\x04"
    for _ in range(size >> 20):
        yield bytes(1 << 20)


@asynccontextmanager
async def uploading(folder: Path, max_bytes: int = 3 << 20) -> AsyncIterator[tuple[Upload, Seat]]:
    async with bench() as uploads, uploads.seat() as seat:
        store = LocalStore(prefix=folder)
        yield Upload(seat, store, folder.as_uri(), paths_of(uuid4()), max_bytes), seat


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_workbook_that_is_too_large_leaves_no_blob_and_no_open_spool(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "always::ResourceWarning")
    async with uploading(tmp_path) as (upload, _):
        with pytest.raises(TooLarge):
            await upload.receive(UploadForm(_FORM), workbook(5 << 20))
        await upload.discard()
        assert files_in(tmp_path) == []
    said = capfd.readouterr().err
    assert "ResourceWarning" not in said, said


async def csv(pid: int | None = None) -> AsyncIterator[bytes]:
    """Of 100,000 rows; in its midst the process is killed."""
    yield _HEAD.replace(b"xlsx", b"csv") + b"url\n" + b"https://example.com/1.jpg\n" * 50_000
    if pid:
        os.kill(pid, signal.SIGKILL)
    yield b"https://example.com/2.jpg\n" * 50_000 + b"\r\n--b--\r\n"


async def test_the_end_of_the_process_is_told_and_the_next_upload_gets_another(tmp_path: Path) -> None:
    async with uploading(tmp_path) as (upload, seat):
        assert (await upload.receive(UploadForm(_FORM), csv())).total_rows == 100_000
        [child] = [
            one
            for one in psutil.Process().children()
            if any("upload_worker" in word for word in one.cmdline())
        ]
        again = Upload(seat, LocalStore(prefix=tmp_path), tmp_path.as_uri(), paths_of(uuid4()), 8 << 20)
        with pytest.raises(SystemUnavailable, match="Send the file again"):
            await again.receive(UploadForm(_FORM), csv(child.pid))
        await again.discard()
        third = Upload(seat, LocalStore(prefix=tmp_path), tmp_path.as_uri(), paths_of(uuid4()), 8 << 20)
        assert (await third.receive(UploadForm(_FORM), csv())).total_rows == 100_000
        assert len(files_in(tmp_path)) == 4
    assert not child.is_running()


async def test_a_store_that_can_not_be_written_is_told_without_its_cause(tmp_path: Path) -> None:
    (tmp_path / "batches").write_text("no folder")
    async with uploading(tmp_path) as (upload, _):
        with pytest.raises(ProcessingError, match="Send it again"):
            await upload.receive(UploadForm(_FORM), csv())
        (tmp_path / "batches").unlink()
        await upload.discard()
