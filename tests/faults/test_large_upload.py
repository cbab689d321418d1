"""A 200 MB file of two million rows: constant memory, a first result soon, room for a small batch."""

import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.memory import peak_mb
from tests.workload import World, world

_ROWS = 2_000_000
_MB = 1 << 20


def _file(own: World, path: Path) -> Path:
    with path.open("w") as file:
        file.write("url,note\n")
        for number in range(_ROWS):
            file.write(f"{own.images.url}/good/{number}.jpg?size=2000,{'n' * 43}{number:09d}\n")
    return path


def _blocks(path: Path, boundary: str) -> Iterator[bytes]:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    yield head.encode()
    with path.open("rb") as file:
        while block := file.read(_MB):
            yield block
    yield f"\r\n--{boundary}--\r\n".encode()


def _first_result(own: World, batch: str, seconds: float) -> float:
    began = time.monotonic()
    own.wait_for(batch, lambda seen: seen["processed_count"] > 0, seconds)
    return time.monotonic() - began


def test_two_million_rows_and_a_small_batch_behind_them(tmp_path: Path) -> None:
    with world({"delay": 0.1}) as own:
        path = _file(own, tmp_path / "big.csv")
        assert 190 * _MB < path.stat().st_size < 200 * _MB
        headers = {"content-type": "multipart/form-data; boundary=b0und", "idempotency-key": "big"}
        reply = own.http.post("/api/v1/batches", content=_blocks(path, "b0und"), headers=headers, timeout=300)
        assert reply.status_code == 201, reply.text
        batch = reply.json()["data"]["batch_id"]
        assert reply.json()["data"]["batch_info"]["total_urls"] == _ROWS
        assert _first_result(own, batch, 30) < 10
        peak = peak_mb(own.system.pid("gateway-1"))
        assert peak < 250, f"gateway used {peak:.0f} MB"
        small = own.submit(own.urls(100, first=9_000_000))
        assert _first_result(own, small, 30) < 5
        own.wait_end(small, 30)
        assert own.control(batch, "cancel").status_code == 200
