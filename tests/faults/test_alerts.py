"""Alerts fire when their cause comes about, and end with it. Only their `for` is shortened."""

import asyncio
import signal
from pathlib import Path

import pytest

from shared.events import ImageAnalyzed
from shared.kafka import producer
from shared.topics import RESULTS, Named
from tests.local_servers import started
from tests.prometheus import Prometheus, prometheus
from tests.workload import World, until, world

_BAD, _GOOD = "key-bad", "key-good"
# Seconds that the alerts' expressions ask for, and what a look takes.
_LAG, _STUCK, _STANDSTILL, _LOOK = 60, 120, 600, 60


def _fires(own: Prometheus, name: str, seconds: float) -> dict[str, str]:
    """The labels of the alert, once it fires."""
    alert = until(lambda: own.firing().get(name), seconds, every=0.5, what=f"{name} fires") or {}
    said = " ".join(alert["annotations"].values())
    assert "{{" not in said, said
    assert "error" not in said, said
    print(alert["annotations"]["summary"])
    labels: dict[str, str] = alert["labels"]
    return labels


def _ends(own: Prometheus, name: str, seconds: float = 120) -> None:
    until(lambda: name not in own.firing(), seconds, every=0.5, what=f"{name} ends")


async def _poison(bootstrap: str) -> None:
    async with producer(bootstrap, Named("")) as sender:
        headers = [("ce_type", ImageAnalyzed.TYPE.encode())]
        await sender.send_raw(RESULTS, b"somebody else's", b"{no json", headers)


@pytest.mark.timeout(1_200)
def test_alerts_fire_by_their_cause_and_end_with_it(tmp_path: Path) -> None:
    keys = {"VISION_API_KEYS": f"good:{_GOOD},bad:{_BAD}"}
    with started() as (database, redis, kafka):
        servers = {"DATABASE_URL": database, "REDIS_URL": redis, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        with (
            world({"bad_keys": [_BAD]}, **keys, **servers) as here,
            prometheus(tmp_path, here.system.data / "run" / "metrics.json", waits="0s") as own,
        ):
            until(lambda: len(own.query('up{job="image-analyzer"} == 1')) == 5, what="all targets")
            until(lambda: own.firing() == {}, what="no alert")  # before the first scrape no service is there
            assert here.wait_end(here.submit(here.urls(300)))["successful_count"] == 300
            assert _fires(own, "KeyQuarantined", _LOOK)["group"] == "bad"
            asyncio.run(_poison(kafka))
            assert _fires(own, "DeadLetters", _LOOK)["topic"] == RESULTS.name
            _the_exporter_freezes(here, own)
            assert set(own.firing()) == {"KeyQuarantined", "DeadLetters"}, "ten minutes and an hour longer"


def _the_provider_goes_and_then_all_keys(here: World, own: Prometheus) -> None:
    """The rows wait for both, and none fails. A key is tried again after five minutes."""
    here.vision.change(outage=True)
    here.submit(here.urls(200, first=5_000))
    _fires(own, "ProviderAway", _LOOK)
    here.vision.change(outage=False)
    _ends(own, "ProviderAway")
    here.vision.change(bad_keys=[_BAD, _GOOD])
    here.submit(here.urls(200, first=6_000))
    _fires(own, "AllKeysOut", _LOOK)
    here.vision.change(bad_keys=[_BAD])


def _the_exporter_freezes(here: World, own: Prometheus) -> None:
    """It is there and does nothing: events lie unread, slices are reported finished and have no rows, and
    the batch does not go on."""
    here.system.kill("exporter-1", signal.SIGSTOP)
    try:
        batch = here.submit(here.urls(1_000, first=1_000))
        assert _fires(own, "ServiceDown", _LOOK)["service"] == "exporter"
        _the_provider_goes_and_then_all_keys(here, own)
        assert _fires(own, "ConsumerBehind", _LAG + _LOOK)["group"] == "exporter"
        _fires(own, "SlicesStuck", _STUCK + _LOOK)
        _fires(own, "BatchStandsStill", _STANDSTILL + _LOOK)
    finally:
        here.system.kill("exporter-1", signal.SIGCONT)
    assert here.wait_end(batch, 120)["successful_count"] == 1_000
    for name in ("ServiceDown", "ConsumerBehind", "SlicesStuck", "BatchStandsStill", "AllKeysOut"):
        _ends(own, name)
