"""How fast a batch's slices come back, and so how many of them may be out."""

from collections import deque

FLOOR = 4
_HORIZON_SECONDS = 2.0
_REMEMBERED = 4_096


class Pace:
    """A batch may have out what it finished in the last two seconds, and FLOOR at least.

    Where even the quickest slice took longer than a second, because hosts are slow, the horizon is
    twice that: two seconds would hold the batch at the floor for good. The quickest one is taken, not
    the mean, because time spent in the analyzers' queues must not ask for longer queues. So the
    window doubles while more slices out finish more slices, and stays where quota is what limits.
    """

    def __init__(self) -> None:
        self._finishes: deque[float] = deque(maxlen=_REMEMBERED)
        self._quickest = float("inf")

    def finished(self, now: float, took: float) -> None:
        """At `now` (monotonic seconds), `took` seconds after it was handed out."""
        self._finishes.append(now)
        self._quickest = min(self._quickest, took)

    def most(self, now: float) -> int:
        horizon = _HORIZON_SECONDS if not self._finishes else max(_HORIZON_SECONDS, 2 * self._quickest)
        while self._finishes and now - self._finishes[0] > horizon:
            self._finishes.popleft()
        return max(FLOOR, len(self._finishes))
