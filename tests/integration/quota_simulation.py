"""Analyzers that always have work, in simulated time: the scripts are the real ones on a real Redis, told the
time instead of asking for it."""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from redis.asyncio import Redis

from services.analyzer import permits
from services.analyzer.keys import ApiKey
from services.analyzer.permits import Go
from services.analyzer.providers import CallFailed, Refusal
from shared.redis import script
from tests.fakes.vision.quota import SlidingWindow
from tests.integration.analyzer_parts import BATCH, Parts, image, run_batch

WINDOW, DEADLINE, LATENCY, JITTER = 60.0, 10.0, 0.3, 0.1
_NETWORK = 0.01
_ASK = 0.002
_AT_ONCE = 25
_LONGEST_WAIT = 3.0  # 1 s in truth: what changes earlier is a refusal of another process
_ASKS_TIME = "redis.call('TIME')"
_IS_TOLD = "redis.call('HMGET', 'clock', 's', 'us')"


class Provider:
    """Strict sliding windows, a key each; `quota` may change. Counts by key and minute of simulated time."""

    def __init__(self, quota: int) -> None:
        self.quota = quota
        self.bad: set[str] = set()
        self.good: Counter[tuple[str, int]] = Counter()
        self.moments: list[float] = []
        self.refused: list[tuple[float, str]] = []
        self.denied: list[tuple[float, str]] = []
        self._windows: dict[str, SlidingWindow] = {}

    def arrives(self, key: str, now: float) -> CallFailed | None:
        if key in self.bad:
            self.denied.append((now, key))
            return CallFailed(Refusal.KEY, "bad key")
        window = self._windows.setdefault(key, SlidingWindow())
        if window.wait_for(1, self.quota, WINDOW, now):
            self.refused.append((now, key))
            return CallFailed(Refusal.QUOTA, "quota")
        window.take(1, now)
        self.moments.append(now)
        self.good[key, int(now // 60)] += 1
        return None

    def calls(self, begin: float, end: float) -> int:
        return sum(n for (_, minute), n in self.good.items() if begin <= minute * 60 < end)

    def refusals(self, begin: float, end: float) -> Counter[str]:
        return Counter(key for at, key in self.refused if begin <= at < end)


class Simulation:
    """`analyzers` processes; `run(until)` goes on from where it was, in seconds from 0."""

    def __init__(
        self, store: Redis, pool: Any, monkeypatch: Any, *, analyzers: int, keys: str, limit: int
    ) -> None:
        self._store = store
        self.now = 0.0
        self._base = 1_700_000_000
        self.provider = Provider(limit)
        self._events: list[tuple[float, int, Callable[[], Any]]] = []
        self._numbers = count()
        self._random = random.Random(7)
        self._flying: Counter[int] = Counter()
        monkeypatch.setattr(permits, "time", self)
        self._parts = [
            self._told(
                Parts(store, pool, f"analyzer-{n}", limit=limit, window=WINDOW, deadline=DEADLINE, keys=keys)
            )
            for n in range(analyzers)
        ]

    def monotonic(self) -> float:
        return self.now

    def _told(self, parts: Parts) -> Parts:
        def scripted(name: str) -> Any:
            text = script(permits.__file__, name).replace(_ASKS_TIME, _IS_TOLD)
            return lambda args: self._eval(text, args)

        own: Any = parts.permits
        own._permit, own._adopt = scripted("permit"), scripted("adopt")
        parts.ledger._settle = scripted("settle")

        async def clock() -> tuple[float, float]:
            return self._base * 1_000, self._base * 1_000

        own._clock = clock
        return parts

    async def begin(self) -> None:
        await run_batch(self._store, BATCH)
        self._work = []
        for parts in self._parts:
            await parts.cache.claim("http://a.example/1", parts.cache._instance)
            await self._store.persist(parts.cache.lease_key(parts.cache._instance))
            self._work.append([image(parts.cache._instance)])
        for n in range(len(self._parts)):
            self._at(self.now, partial(self._ask, n))

    def _at(self, when: float, what: Callable[[], Any]) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), what))

    async def run(self, until: float) -> None:
        while self._events[0][0] < until:
            self.now, _, what = heapq.heappop(self._events)
            await what()
        self.now = until

    async def _eval(self, text: str, args: list[Any]) -> Any:
        seconds = int(self._base + self.now)
        micros = int((self._base + self.now - seconds) * 1e6)
        async with self._store.pipeline(transaction=False) as pipe:
            pipe.hset("clock", mapping={"s": seconds, "us": micros})
            pipe.eval(text, 0, *args)
            return (await pipe.execute())[1]

    async def _ask(self, n: int) -> None:
        """The one loop of a process: as many calls as it may have in flight, one question after the other."""
        if self._flying[n] >= _AT_ONCE:
            self._at(self.now + 0.05, lambda: self._ask(n))
            return
        call = f"{n}-{next(self._numbers)}:16"
        verdict = await self._parts[n].permits.ask(call, self._work[n])
        if isinstance(verdict, Go):
            self._flying[n] += 1
            key = self._parts[n].keys.find(verdict.fingerprint)
            assert key is not None
            self._at(self.now + self._random.uniform(0, _NETWORK), lambda: self._arrive(n, call, key))
            self._at(self.now + _ASK, lambda: self._ask(n))
        else:
            assert isinstance(verdict, permits.Wait), verdict
            self._at(self.now + min(max(verdict.seconds, _ASK), _LONGEST_WAIT), lambda: self._ask(n))

    async def _arrive(self, n: int, call: str, key: ApiKey) -> None:
        failure = self.provider.arrives(key.secret, self.now)
        took = _NETWORK if failure else LATENCY + self._random.uniform(-JITTER, JITTER)
        self._at(self.now + took, lambda: self._settle(n, call, key, failure))

    async def _settle(self, n: int, call: str, key: ApiKey, failure: CallFailed | None) -> None:
        self._flying[n] -= 1
        await self._parts[n].ledger.settle(call, key, [], failure)


async def shrink(simulation: Simulation, limit: int, keys: int, new: int) -> None:
    """Three minutes of the whole quota, then less than anybody said, for 22: G5 and its exception."""
    whole = 60 / (60 + LATENCY)  # of what a strict window allows, when a slot waits for its response
    provider = simulation.provider
    await simulation.begin()
    await simulation.run(180)
    assert not provider.refused
    assert provider.calls(0, 180) >= 0.98 * limit * keys * 3 * whole
    provider.quota = new
    await simulation.run(180 + 22 * 60)
    soon, later = provider.refusals(180, 300), provider.refusals(300, simulation.now)
    share = provider.calls(300, 1_500) / (new * keys * 20)
    said = f"refused in 2 minutes {dict(soon)}, in the next 20 {dict(later)}; {share:.3f} of the new quota"
    print(said)
    assert max(soon.values()) <= 5, said
    assert max(later.values(), default=0) <= 2, said
    assert share >= 0.9, said
