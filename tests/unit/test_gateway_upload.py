"""Uploads that are discarded leave nothing, neither in the store nor open."""

import warnings
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import obstore
import pytest
from obstore.store import MemoryStore
from starlette.requests import Request

from services.gateway.errors import TooLarge
from services.gateway.handler import Handler
from services.gateway.multipart import UploadForm
from services.gateway.settings import GatewaySettings
from services.gateway.upload import Upload, paths_of
from shared.postgres import UNAVAILABLE
from shared.settings import read

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
async def test_blobs_stay_only_where_the_commit_may_have_happened(fault: str, blobs: int) -> None:
    store = MemoryStore()
    settings = read(GatewaySettings, {"DATABASE_URL": "x", "REDIS_URL": "x", "KAFKA_BOOTSTRAP_SERVERS": "x"})
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

    with ThreadPoolExecutor(1) as threads:
        handler = Handler(settings, database, store, unused, threads, unused)
        with pytest.raises(UNAVAILABLE):
            await handler.upload(Request(scope, receive))
    assert sum(len(some) for some in obstore.list(store)) == blobs


async def workbook(size: int) -> AsyncIterator[bytes]:
    yield _HEAD + b"PK\x03\x04"
    for _ in range(size >> 20):
        yield bytes(1 << 20)


async def test_a_workbook_that_is_too_large_leaves_no_blob_and_no_open_spool() -> None:
    store = MemoryStore()
    with ThreadPoolExecutor(1) as threads, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        upload = Upload(store, threads, paths_of(uuid4()), max_bytes=3 << 20)
        with pytest.raises(TooLarge):
            await upload.receive(UploadForm("multipart/form-data; boundary=b"), workbook(5 << 20))
        await upload.discard()
        del upload
    assert [str(one.message) for one in caught] == []
    assert list(obstore.list(store)) == []
