"""Pause, resume and cancel on a running batch: G4 and G6."""

import os
import signal
import time

from tests.workload import World, until

_ROWS = 800


def _calls_after(own: World, moment: float) -> int:
    return sum(line.t > moment for line in own.log().images)


def _running(own: World, batch: str) -> None:
    own.wait_for(batch, lambda seen: seen["processed_count"] > 0)


def test_pause_stops_calls_within_two_seconds_and_resume_goes_on(slow: World) -> None:
    paid_again = slow.assert_paid_once()
    batch = slow.submit(slow.urls(_ROWS, first=400_000))
    _running(slow, batch)
    assert slow.control(batch, "pause").status_code == 200
    answered = time.time()
    assert slow.progress(batch)["status"] == "paused"
    until(lambda: time.time() > answered + 3, 5)
    assert _calls_after(slow, answered + 2) == 0
    assert slow.control(batch, "resume").status_code == 200
    seen = slow.wait_end(batch, 60)
    assert (seen["status"], seen["processed_count"]) == ("completed", _ROWS)
    assert slow.assert_paid_once() == paid_again


def test_the_last_of_many_pauses_and_resumes_holds(slow: World) -> None:
    paid_again = slow.assert_paid_once()
    batch = slow.submit(slow.urls(_ROWS, first=100_000))
    _running(slow, batch)
    for _ in range(10):
        assert slow.control(batch, "pause").status_code == 200
        assert slow.control(batch, "resume").status_code == 200
    assert slow.progress(batch)["status"] == "processing"
    assert slow.wait_end(batch, 60)["processed_count"] == _ROWS
    assert slow.assert_paid_once() == paid_again


def test_cancel_ends_a_batch_and_its_calls(slow: World) -> None:
    batch = slow.submit(slow.urls(_ROWS, first=200_000))
    _running(slow, batch)
    assert slow.control(batch, "cancel").status_code == 200
    answered = time.time()
    assert slow.wait_end(batch, 5)["status"] == "cancelled"
    until(lambda: time.time() > answered + 3, 5)
    assert _calls_after(slow, answered + 2) == 0
    assert len(slow.export(batch)) <= _ROWS


def test_pause_works_while_kafka_is_frozen(slow: World) -> None:
    paid_again = slow.assert_paid_once()
    batch = slow.submit(slow.urls(_ROWS, first=300_000))
    _running(slow, batch)
    kafka = slow.system.kill("kafka-1", signal.SIGSTOP)
    try:
        assert slow.control(batch, "pause").status_code == 200
        answered = time.time()
        until(lambda: time.time() > answered + 3, 5)
        assert _calls_after(slow, answered + 2) == 0
    finally:
        os.kill(kafka, signal.SIGCONT)
    assert slow.control(batch, "resume").status_code == 200
    assert slow.wait_end(batch, 90)["processed_count"] == _ROWS
    assert slow.assert_paid_once() == paid_again
