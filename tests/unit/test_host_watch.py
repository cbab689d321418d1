"""Which batches their hosts hold up: those of which most pictures wait for slow ones."""

import time
from uuid import UUID

import pytest

from services.analyzer.fetch_failure import FetchFailure
from services.analyzer.host_watch import held_up
from services.analyzer.hosts import Hosts
from services.analyzer.images import Fetch
from shared.error_classes import ErrorClass

ONE, OTHER = UUID(int=1), UUID(int=2)
NOW = 1_000.0


def fetches(batch_id: UUID, host: str, count: int, seconds: float = 5.0) -> list[Fetch]:
    return [Fetch(f"https://{host}/{n}.jpg", batch_id, NOW - seconds) for n in range(count)]


@pytest.mark.parametrize(
    ("fetched", "told"),
    [
        (fetches(ONE, "slow.example", 3) + fetches(OTHER, "fast.example", 3), {ONE}),
        (fetches(ONE, "slow.example", 3) + fetches(ONE, "fast.example", 2), {ONE}),
        (fetches(ONE, "slow.example", 3) + fetches(ONE, "fast.example", 3), set()),
        (fetches(ONE, "slow.example", 3, seconds=1.0), set()),
        ([*fetches(ONE, "slow.example:81", 3), Fetch("https://[", OTHER, 0.0)], set()),
        ([], set()),
    ],
    ids=["of one batch", "most", "half", "not for long", "another port, and no address", "nothing"],
)
def test_a_batch_is_held_up_by_its_own_hosts(fetched: list[Fetch], told: set[UUID]) -> None:
    assert held_up(fetched, lambda host: host == "slow.example", NOW) == told


async def test_hosts_that_are_slow_or_left_alone_hold_up() -> None:
    hosts = Hosts(10)
    for name, failure in (
        ("fast", None),
        ("slow", FetchFailure(ErrorClass.TIMEOUT, "Too slow.")),
        ("resting", FetchFailure(ErrorClass.RATE_LIMITED, "Too many.", wait=20.0)),
    ):
        hosts.leave(await hosts.enter(name), time.monotonic(), failure)
    await hosts.enter("unknown")
    assert hosts.tally() == {"fast": 1, "slow": 1, "left_alone": 1}
    held = [name for name in ("fast", "slow", "resting", "unknown", "never seen") if hosts.holds_up(name)]
    assert held == ["slow", "resting"]
