"""kill -9 of every process once, one after another, in the middle of a batch: G1-G4, G7, G9."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import SLOW_CALLS
from tests.workload import World, assert_whole, until

_ROWS = 4_000
# First those without which nothing goes on, so that much of the batch is left for the others.
_ALL = (
    *("kafka-1", "postgres-1", "redis-1"),
    *("analyzer-1", "ingest-1", "exporter-1", "monitor-1", "gateway-1"),
)


def _kill_in_turn(own: World, batch: str) -> None:
    """Each when the batch has gone on since the last one came back."""
    done = 0
    for name in _ALL:
        seen = own.wait_for(batch, lambda seen, done=done: seen["processed_count"] > done, 90)  # type: ignore[misc]
        assert seen["status"] == "processing", f"there was nothing left for the kill of {name}"
        done = seen["processed_count"]
        own.system.wait_for_restart(name, own.system.kill(name, signal.SIGKILL))


def _assert_sound(own: World, batch: str, urls: list[str]) -> None:
    seen = own.wait_end(batch, 150)
    assert (seen["status"], seen["processed_count"], seen["failed_count"]) == ("completed", _ROWS, 0)
    assert_whole(own.export(batch), urls, batch)
    chunks = own.http.get(f"/api/v1/batches/{batch}/chunks").json()["data"]["chunks"]
    assert sum(chunk["processed_count"] for chunk in chunks) == _ROWS
    assert own.assert_paid_once() <= SLOW_CALLS * 16  # those in flight when the analyzer was killed


@pytest.mark.timeout(240)
def test_a_batch_survives_the_kill_of_each_service_and_server(slow: World) -> None:
    urls = slow.urls(_ROWS)
    batch = slow.submit(urls)
    _kill_in_turn(slow, batch)
    _assert_sound(slow, batch, urls)


def test_an_upload_whose_reply_was_lost_is_one_batch(slow: World) -> None:
    """Redis stands still, so the gateway waits for the mirror between its commit and its reply; there it
    is killed. Who sends the same again, with the same key, gets the batch that was made (G3)."""

    def send() -> httpx.Response:
        files = {"file": ("urls.csv", b"url\nhttp://127.0.0.1:1/none.jpg\n")}
        fields, headers = {"batch_name": "lost reply"}, {"Idempotency-Key": "lost reply"}
        return httpx.post(f"{slow.system.base_url}/api/v1/batches", files=files, data=fields, headers=headers)

    def made() -> list[dict[str, Any]]:
        found = slow.http.get("/api/v1/batches", params={"q": "lost reply"}).json()
        batches: list[dict[str, Any]] = found["data"]["batches"]
        return batches

    redis = slow.system.kill("redis-1", signal.SIGSTOP)
    try:
        with ThreadPoolExecutor() as threads:
            sending = threads.submit(send)
            [batch] = until(made)
            gateway = slow.system.kill("gateway-1", signal.SIGKILL)
            assert isinstance(sending.exception(10), httpx.TransportError), "there was no reply"
    finally:
        os.kill(redis, signal.SIGCONT)
    slow.system.wait_for_restart("gateway-1", gateway)
    reply = until(lambda: _sent(send))
    assert reply is not None
    assert (reply.status_code, reply.headers.get("Idempotent-Replayed")) == (201, "true")
    assert reply.json()["data"]["batch_id"] == batch["batch_id"]
    assert len(made()) == 1


def _sent(send: Callable[[], httpx.Response]) -> httpx.Response | None:
    """None while the gateway is not back."""
    try:
        reply = send()
    except httpx.TransportError:
        return None
    return reply if reply.status_code == 201 else None
