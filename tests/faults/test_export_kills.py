"""kill -9 of the exporter in the middle of a direct download: no client takes the part for the whole."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.exporting import Format
from tests.faults.direct import Direct, direct
from tests.servers import Servers

# Far more than what gateway, exporter and sockets hold between them, also when it is compressed.
ROWS = 300_000
BEGUN_BYTES = 65_536


@pytest.fixture
def world(servers: Servers, template: str, tmp_path: Path) -> Iterator[Direct]:
    with direct(servers, template, tmp_path, 193, ROWS) as made:
        yield made


@pytest.mark.timeout(600)
async def test_a_download_whose_exporter_is_killed_never_ends_cleanly(world: Direct) -> None:
    async with world.gateway.client() as client:
        path = f"/api/v1/export/batch/{world.batch}"
        for kind in Format:
            for encoding in ("identity", "gzip"):
                headers = {"Accept-Encoding": encoding}
                request = client.build_request("GET", path, params={"format": kind}, headers=headers)
                await _cut(world, client, request)
        body = {"batch_ids": [str(world.batch)], "format": "csv"}
        await _cut(world, client, client.build_request("POST", "/api/v1/export/batches/multiple", json=body))


async def _cut(world: Direct, client: httpx.AsyncClient, request: httpx.Request) -> None:
    reply = await client.send(request, stream=True)
    pieces = reply.aiter_raw()
    try:
        assert reply.status_code == 200, request.url
        begun = 0
        while begun < BEGUN_BYTES:
            begun += len(await anext(pieces))
        world.kill()
        with pytest.raises(httpx.RemoteProtocolError):
            async for _ in pieces:
                pass
    finally:
        await reply.aclose()
    if request.method == "GET":
        # Of a file that can't be had, HEAD says the same.
        assert (await client.head(request.url)).status_code == 503
    world.start()
