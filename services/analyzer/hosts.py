"""Who may download now. The places are shared by host, in turns: a host that is slow, down or wants to be
left alone takes none from the others, and its rows wait without one."""

import asyncio
import time
from collections import Counter, OrderedDict, deque

from services.analyzer.fetch_failure import FetchFailure
from services.analyzer.standing import FIRST_AT_ONCE, HostState, Standing

# Standings that are kept: what is forgotten is learned again in a few downloads.
MOST_HOSTS = 512
# Connections to more hosts than these are not kept: each is an open file for half a minute.
_MOST_KEPT = 256
_HOLDING_UP = (HostState.SLOW, HostState.LEFT_ALONE)


class LeftAlone(Exception):
    """The host gets no request now, and is not waited for."""

    def __init__(self, failure: FetchFailure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Host:
    """One host (with its port): its standing, who is inside, and who waits for a place there."""

    def __init__(self, name: str, keep: bool, most: int) -> None:
        self.name = name
        self.keep = keep
        self.standing = Standing(min(FIRST_AT_ONCE, most))
        self.inside = 0
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.in_line = False
        self.timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        return not self.inside and not self.waiting


class Hosts:
    """`total` places. One host gets half of them at most, and those that are slow or unknown together three
    quarters: a fast host always finds one soon."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._most_of_one = max(1, total // 2)
        self._most_doubtful = max(1, total - total // 4)
        self._inside = 0
        self._known: OrderedDict[str, Host] = OrderedDict()
        # Hosts with somebody waiting and a place of their own free: those that proved to be fast, and others.
        self._fast: deque[Host] = deque()
        self._doubtful: deque[Host] = deque()
        self._turn = False

    def __len__(self) -> int:
        return len(self._known)

    def tally(self) -> Counter[HostState]:
        now = time.monotonic()
        states = (host.standing.state(now) for host in self._known.values())
        return Counter(state for state in states if state)

    def holds_up(self, name: str) -> bool:
        """Whether the host is known to be slow, or is left alone."""
        host = self._known.get(name)
        return host is not None and host.standing.state(time.monotonic()) in _HOLDING_UP

    async def enter(self, name: str, *, again: bool = False) -> Host:
        """A place at a host, to be left by `leave`. Who was there before goes first. Raises LeftAlone."""
        host = self._host(name)
        now = time.monotonic()
        refusal = host.standing.last and host.standing.refusal(now, host.inside > 0)
        if refusal:
            raise LeftAlone(refusal)
        if not host.waiting and self._own_place(host, now) and self._common_place(host):
            host.inside += 1
            self._inside += 1
        else:
            await self._wait(host, now, again)
        return host

    def leave(self, host: Host, began: float, failure: FetchFailure | None) -> None:
        """After a download, with what came of it."""
        now = time.monotonic()
        if failure is None:
            host.standing = host.standing.after_life(now - began, self._most_of_one)
        else:
            host.standing = host.standing.after(failure, began, now, self._most_of_one)
        self.give_up(host)

    def give_up(self, host: Host) -> None:
        """After a download that was broken off here: it says nothing of the host."""
        host.inside -= 1
        self._inside -= 1
        if host.waiting:
            self._look_at(host, time.monotonic())
        if self._fast or self._doubtful:
            self._fill()

    def _host(self, name: str) -> Host:
        host = self._known.get(name)
        if host is None:
            host = self._known[name] = Host(name, len(self._known) < _MOST_KEPT, self._most_of_one)
            self._forget()
        else:
            host.keep = True
            self._known.move_to_end(name)
        return host

    def _forget(self) -> None:
        """The host that was idle for longest. Those that are not idle are as many as downloads in hand."""
        for _ in range(len(self._known) - MOST_HOSTS):
            oldest = next(iter(self._known.values()))
            if oldest.idle:
                del self._known[oldest.name]
            else:
                self._known.move_to_end(oldest.name)

    def _own_place(self, host: Host, now: float) -> bool:
        return host.inside < host.standing.places() and host.standing.shut <= now

    def _common_place(self, host: Host) -> bool:
        return self._inside < (self._total if host.standing.fast else self._most_doubtful)

    async def _wait(self, host: Host, now: float, again: bool) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if again:
            host.waiting.appendleft(place)
        else:
            host.waiting.append(place)
        self._look_at(host, now)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.give_up(host)
            elif place in host.waiting:
                host.waiting.remove(place)
            raise

    def _look_at(self, host: Host, now: float) -> None:
        """Sees to it that those who wait here go on at the right time: now, after a rest, or not at all."""
        refusal = host.standing.refusal(now, host.inside > 0)
        if refusal:
            self._send_away(host, refusal)
        elif host.standing.shut > now:
            if host.timer is None:
                loop = asyncio.get_running_loop()
                host.timer = loop.call_later(host.standing.shut - now, self._open, host)
        elif not host.in_line and self._own_place(host, now):
            host.in_line = True
            (self._fast if host.standing.fast else self._doubtful).append(host)

    def _send_away(self, host: Host, why: FetchFailure) -> None:
        waiting, host.waiting = host.waiting, deque()
        for place in waiting:
            if not place.done():
                place.set_exception(LeftAlone(why))

    def _open(self, host: Host) -> None:
        host.timer = None
        if host.waiting:
            self._look_at(host, time.monotonic())
            self._fill()

    def _fill(self) -> None:
        """Free places to hosts in turns, and to both lines in turns."""
        now = time.monotonic()
        while self._inside < self._total:
            doubtful = self._doubtful if self._inside < self._most_doubtful else None
            self._turn = not self._turn
            line = (doubtful or self._fast) if self._turn else (self._fast or doubtful)
            if not line:
                return
            self._next(line.popleft(), now)

    def _next(self, host: Host, now: float) -> None:
        """Lets in one of those who wait there; the host lines up again behind the others."""
        host.in_line = False
        while host.waiting and host.waiting[0].done():
            host.waiting.popleft()
        if host.waiting and self._own_place(host, now):
            host.inside += 1
            self._inside += 1
            host.waiting.popleft().set_result(None)
        if host.waiting:
            self._look_at(host, now)
