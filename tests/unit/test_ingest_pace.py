"""How a batch's window grows with what it finishes, and does not grow where quota is what limits."""

import heapq

from services.ingest.pace import FLOOR, Pace


def run(seconds: float, room: int, latency: float, slices_a_second: float = 1e9) -> list[int]:
    """A batch on analyzers where a slice takes `latency` and not more than so many a second end.
    Returns how many were out at each end of a slice."""
    pace, now, free_at = Pace(), 0.0, 0.0
    out: list[tuple[float, float]] = []
    sizes: list[int] = []
    while now < seconds:
        while len(out) < min(room, pace.most(now)):
            free_at = max(free_at, now) + 1 / slices_a_second
            heapq.heappush(out, (max(free_at, now + latency), now))
        ends, began = heapq.heappop(out)
        now = ends
        pace.finished(now, now - began)
        sizes.append(len(out) + 1)
    return sizes


def test_it_starts_at_the_floor_and_grows_to_the_room_where_slices_are_quick() -> None:
    sizes = run(5, room=64, latency=0.3)
    assert (sizes[0], sizes[-1]) == (FLOOR, 64)


def test_it_grows_to_the_room_where_hosts_are_slow() -> None:
    assert run(120, room=64, latency=10)[-1] == 64


def test_it_holds_about_two_seconds_of_what_is_finished() -> None:
    assert run(60, room=1_000, latency=0.1, slices_a_second=20)[-1] in range(36, 45)


def test_it_stays_small_where_quota_limits() -> None:
    """55 calls of 16 images a minute: one slice every 4.4 s."""
    assert max(run(600, room=64, latency=0.3, slices_a_second=55 / 60 / 4)) <= 2 * FLOOR


def test_it_comes_down_when_nothing_ends_any_more() -> None:
    pace = Pace()
    for _ in range(100):
        pace.finished(10.0, 0.1)
    assert pace.most(10.5) == 100
    assert pace.most(13.0) == FLOOR
