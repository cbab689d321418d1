"""kill -9 of every process once, one after another, in the middle of a batch: G1-G4, G7, G9."""

import signal

import pytest

from tests.workload import World, assert_whole, world

_ROWS = 3_000
_CALLS = 5
_SERVICES = ("analyzer-1", "exporter-1", "ingest-1", "gateway-1", "monitor-1")
_SERVERS = ("kafka-1", "postgres-1", "redis-1")


def _kill_in_turn(own: World, batch: str, names: tuple[str, ...]) -> None:
    """Each when the batch has gone on since the last one came back."""
    for number, name in enumerate(names, 1):
        share = _ROWS * number // (len(names) + 2)
        own.wait_for(batch, lambda seen, share=share: seen["processed_count"] >= share, 90)  # type: ignore[misc]
        old = own.system.kill(name, signal.SIGKILL)
        own.system.wait_for_restart(name, old)


def _assert_sound(own: World, batch: str, urls: list[str]) -> None:
    seen = own.wait_end(batch, 150)
    assert (seen["status"], seen["processed_count"], seen["failed_count"]) == ("completed", _ROWS, 0)
    assert_whole(own.export(batch), urls, batch)
    chunks = own.http.get(f"/api/v1/batches/{batch}/chunks").json()["data"]["chunks"]
    assert sum(chunk["processed_count"] for chunk in chunks) == _ROWS
    again = sum(times - 1 for times in own.log().paid().values())
    assert again <= _CALLS * 16  # those in flight when the analyzer was killed


@pytest.mark.timeout(240)
def test_a_batch_survives_the_kill_of_each_service_and_server() -> None:
    settings = {"MAX_CONCURRENT_REQUESTS": str(_CALLS), "QUOTA_WINDOW_SECONDS": "3"}
    with world({"delay": 0.2}, **settings) as own:
        urls = own.urls(_ROWS)
        batch = own.submit(urls)
        _kill_in_turn(own, batch, (*_SERVICES, *_SERVERS))
        _assert_sound(own, batch, urls)
