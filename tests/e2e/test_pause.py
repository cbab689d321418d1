"""Pause, resume and cancel on a running batch: G4 and G6."""

import os
import signal
import time

from tests.workload import World, until, world

# Slow enough that a batch of this size runs for several seconds.
_SLOW = {"delay": 0.3}
_ROWS = 2_000


def _calls_after(own: World, moment: float) -> int:
    return sum(line.t > moment for line in own.log().images)


def _none_paid_twice(own: World) -> None:
    twice = {image: times for image, times in own.log().paid().items() if times > 1}
    assert not twice


def _running(own: World, batch: str) -> None:
    own.wait_for(batch, lambda seen: seen["processed_count"] > 0)


def test_pause_stops_calls_within_two_seconds_and_resume_goes_on() -> None:
    with world(_SLOW, MAX_CONCURRENT_REQUESTS="5") as own:
        batch = own.submit(own.urls(_ROWS))
        _running(own, batch)
        assert own.control(batch, "pause").status_code == 200
        answered = time.time()
        assert own.progress(batch)["status"] == "paused"
        own.wait_for(batch, lambda seen: time.time() > answered + 4)
        assert _calls_after(own, answered + 2) == 0

        assert own.control(batch, "resume").status_code == 200
        seen = own.wait_end(batch, 60)
        assert (seen["status"], seen["processed_count"]) == ("completed", _ROWS)
        _none_paid_twice(own)

        hasty = own.submit(own.urls(_ROWS, first=100_000))
        _running(own, hasty)
        for _ in range(10):
            assert own.control(hasty, "pause").status_code == 200
            assert own.control(hasty, "resume").status_code == 200
        assert own.progress(hasty)["status"] == "processing"
        assert own.wait_end(hasty, 60)["processed_count"] == _ROWS
        _none_paid_twice(own)

        lost = own.submit(own.urls(_ROWS, first=200_000))
        _running(own, lost)
        assert own.control(lost, "cancel").status_code == 200
        answered = time.time()
        seen = own.wait_end(lost, 5)
        assert seen["status"] == "cancelled"
        until(lambda: time.time() > answered + 3, 5)
        assert _calls_after(own, answered + 2) == 0
        assert len(own.export(lost)) <= _ROWS


def test_pause_works_while_kafka_is_frozen() -> None:
    with world(_SLOW, MAX_CONCURRENT_REQUESTS="5") as own:
        batch = own.submit(own.urls(_ROWS))
        _running(own, batch)
        kafka = own.system.kill("kafka-1", signal.SIGSTOP)
        try:
            assert own.control(batch, "pause").status_code == 200
            answered = time.time()
            until(lambda: time.time() > answered + 4, 6)
            assert _calls_after(own, answered + 2) == 0
        finally:
            os.kill(kafka, signal.SIGCONT)
        assert own.control(batch, "resume").status_code == 200
        assert own.wait_end(batch, 90)["processed_count"] == _ROWS
        _none_paid_twice(own)
