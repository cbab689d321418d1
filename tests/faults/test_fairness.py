"""What may be called is shared: equal batches run equally fast, a small one does not wait for a huge one."""

import time
from collections.abc import Iterator

import pytest

from tests.unit.test_fairness import jain
from tests.workload import World, until, world

_WINDOW = 10.0
_QUOTA = 30  # calls a window and key


@pytest.fixture(scope="module")
def own() -> Iterator[World]:
    """Two keys and two analyzers: 96 images a second."""
    behaviour = {"delay": 0.3, "jitter": 0.1, "quota": _QUOTA, "window": _WINDOW}
    settings = {"REQUESTS_PER_MINUTE": str(_QUOTA), "QUOTA_WINDOW_SECONDS": str(_WINDOW), "ANALYZERS": "2"}
    with world(behaviour, **settings) as made:
        yield made


def _done(own: World, batches: list[str]) -> list[int]:
    return [own.progress(batch)["processed_count"] for batch in batches]


def _rates(own: World, batches: list[str], seconds: float) -> list[int]:
    """Rows that each finished while all of them ran, after the first of it was over."""
    until(lambda: min(_done(own, batches)) > 100, 60)
    before, began = _done(own, batches), time.monotonic()
    until(lambda: time.monotonic() > began + seconds, seconds + 5, every=1)
    return [now - then for then, now in zip(before, _done(own, batches), strict=True)]


def test_equal_batches_run_equally_fast_and_others_by_their_priority(own: World) -> None:
    equal = [own.submit(own.urls(5_000, first=1_000_000 * n)) for n in range(1, 5)]
    rates = _rates(own, equal, 40)
    assert jain([float(rate) for rate in rates]) >= 0.98, rates
    for batch in equal:
        assert own.control(batch, "cancel").status_code == 200
    names = ("low", "normal", "high")
    ranked = [own.submit(own.urls(8_000, first=10_000_000 * n), priority=p) for n, p in enumerate(names, 1)]
    low, normal, high = _rates(own, ranked, 40)
    for batch in ranked:
        assert own.control(batch, "cancel").status_code == 200
    # By weight 1, 3, 9. An analyzer calls for whom it has, so one of low priority gets what others leave.
    assert 1.2 * low < normal < high / 2, (low, normal, high)
    assert own.vision.stats().outcomes.get("refused", 0) == 0


def test_a_hundred_rows_behind_a_huge_batch_are_seen_in_five_seconds_although_the_quota_is_used() -> None:
    """Six keys of 55 calls a minute; the huge batch takes a minute's quota in its first seconds."""
    keys = ",".join(f"group-{n}:key-{n}" for n in range(6))
    with world({"delay": 0.3, "quota": 55}, VISION_API_KEYS=keys, REQUESTS_PER_MINUTE="55") as own:
        own.submit(own.urls(100_000))
        until(lambda: own.vision.stats().calls > 250, 120)
        seen = -1
        while (calls := own.vision.stats().calls) != seen:
            seen = calls
            time.sleep(3)
        small = own.submit(own.urls(100, first=9_000_000))
        began = time.monotonic()
        own.wait_for(small, lambda progress: progress["processed_count"] > 0, 90)
        assert time.monotonic() - began < 5
        assert own.vision.stats().outcomes.get("refused", 0) == 0
