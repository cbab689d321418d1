"""Uploads that are discarded leave nothing, neither in the store nor open."""

import warnings
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import obstore
import pytest
from obstore.store import MemoryStore

from services.gateway.errors import TooLarge
from services.gateway.multipart import UploadForm
from services.gateway.upload import Upload, paths_of

_HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'


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
