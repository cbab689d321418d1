"""Batches share what may be called, in simulated time: ingest's window and pace, the analyzers' queues, and a
quota between them, with the real code of each and no server."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable
from uuid import UUID

import pytest

from services.analyzer.pending import Pending, PendingImage, Wanted
from services.analyzer.places import Places
from services.ingest.pace import Pace
from services.ingest.window import Demand, share_out

_AT_WORK, _ROOM, _SLICE, _CALL = 8, 16, 64, 16
_TICK, _LATENCY, _DOWNLOAD = 0.1, 0.3, 0.2
_CONTENT = b"picture"


class Slice:
    def __init__(self, batch: int, rows: int, now: float) -> None:
        self.batch, self.left, self.rows, self.since = batch, rows, rows, now


class Analyzer:
    def __init__(self, clock: Callable[[], float]) -> None:
        self.places = Places(_AT_WORK, clock)
        self.asked: list[tuple[asyncio.Future[None], Slice]] = []
        self.pending = Pending()
        self.fetched: deque[tuple[float, Slice]] = deque()
        self.owners: dict[int, Slice] = {}

    def look(self, now: float, weight_of: dict[int, int]) -> None:
        self.fetched.extend((now + _DOWNLOAD, piece) for begins, piece in self.asked if begins.done())
        self.asked = [(begins, piece) for begins, piece in self.asked if not begins.done()]
        while self.fetched and self.fetched[0][0] <= now:
            _, piece = self.fetched.popleft()
            wanted = Wanted("u", UUID(int=piece.batch), 1, weight_of[piece.batch], "o")
            for _ in range(piece.rows):
                image = PendingImage(wanted, _CONTENT, "h")
                self.owners[id(image)] = piece
                self.pending.put(image)


class Simulation:
    """`calls` a second are allowed in all; batches have rows without end unless `rows` says how many."""

    def __init__(self, weights: dict[int, int], analyzers: int, calls: float, seed: int = 1) -> None:
        self.now, self.weights = 0.0, dict(weights)
        self.rows: dict[int, float] = dict.fromkeys(weights, float("inf"))
        self.done = Counter[int]()
        self.sizes = Counter[int]()
        self.paces = {batch: Pace() for batch in weights}
        self.out = Counter[int]()
        self.served = dict.fromkeys(weights, 0.0)
        self._analyzers = [Analyzer(lambda: self.now) for _ in range(analyzers)]
        self._calls, self._credit = calls, 0.0
        self._flying: deque[tuple[float, Analyzer, list[PendingImage]]] = deque()
        self._random = random.Random(seed)

    def add(self, batch: int, weight: int, rows: int) -> None:
        self.weights[batch], self.rows[batch], self.paces[batch] = weight, rows, Pace()
        self.served[batch] = 0.0

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += _TICK
            self._dispatch()
            for analyzer in self._analyzers:
                analyzer.look(self.now, self.weights)
            self._call()
            self._land()

    def _dispatch(self) -> None:
        batches = list(self.weights)
        demands = [Demand(self.weights[b], self.out[b], self._most(b), self.served[b]) for b in batches]
        for batch, grants in zip(batches, share_out(_ROOM * len(self._analyzers), demands), strict=True):
            for _ in range(grants):
                rows = int(min(_SLICE, self.rows[batch]))
                self.rows[batch] -= rows
                self.out[batch] += 1
                self.served[batch] = self.now
                analyzer = self._random.choice(self._analyzers)
                begins = analyzer.places.ask(UUID(int=batch), self.weights[batch])
                analyzer.asked.append((begins, Slice(batch, rows, self.now)))

    def _most(self, batch: int) -> int:
        left = self.rows[batch]
        more = 1_000 if left == float("inf") else -(-int(left) // _SLICE)
        most = max(self.paces[batch].most(self.now), self.weights[batch])
        return min(most, self.out[batch] + more)

    def _call(self) -> None:
        self._credit += self._calls * _TICK
        asking = [one for one in self._analyzers if len(one.pending)]
        while self._credit >= 1 and asking:
            self._credit -= 1
            analyzer = self._random.choice(asking)
            taken = analyzer.pending.take(_CALL)
            self.sizes[len(taken)] += 1
            self._flying.append((self.now + _LATENCY, analyzer, taken))
            asking = [one for one in asking if len(one.pending)]

    def _land(self) -> None:
        while self._flying and self._flying[0][0] <= self.now:
            _, analyzer, images = self._flying.popleft()
            for image in images:
                piece = analyzer.owners.pop(id(image))
                self.done[piece.batch] += 1
                piece.left -= 1
                if not piece.left:
                    analyzer.places.leave(UUID(int=piece.batch))
                    self.out[piece.batch] -= 1
                    self.paces[piece.batch].finished(self.now, self.now - piece.since)


def jain(shares: list[float]) -> float:
    """1 when all are equal, 1/n when one has everything."""
    return sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))


@pytest.mark.parametrize(("batches", "analyzers"), [(2, 1), (5, 1), (4, 2), (20, 2), (10, 8)])
async def test_equal_batches_run_equally_fast(batches: int, analyzers: int) -> None:
    simulation = Simulation(dict.fromkeys(range(batches), 3), analyzers, calls=5.5)
    simulation.run(60)
    before = Counter(simulation.done)
    simulation.run(240)
    shares = [simulation.done[batch] - before[batch] for batch in range(batches)]
    assert jain([float(share) for share in shares]) >= 0.98, shares
    assert set(simulation.sizes) == {16}


@pytest.mark.parametrize("analyzers", [1, 3])
async def test_batches_run_by_their_weight(analyzers: int) -> None:
    simulation = Simulation({1: 1, 2: 3, 3: 9}, analyzers, calls=5.5)
    simulation.run(120)
    total = sum(simulation.done.values())
    for batch, weight in simulation.weights.items():
        assert abs(simulation.done[batch] / total - weight / 13) < 0.06, simulation.done


@pytest.mark.parametrize(("analyzers", "calls"), [(1, 1.0), (1, 5.5), (2, 5.5), (2, 50.0)])
async def test_a_hundred_rows_behind_a_million_are_seen_in_five_seconds(analyzers: int, calls: float) -> None:
    simulation = Simulation({1: 3}, analyzers, calls)
    simulation.run(100)
    simulation.add(2, 3, rows=100)
    simulation.run(5)
    assert simulation.done[2] > 0
