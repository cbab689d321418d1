"""Whether the provider may be called now: after failures it is left alone, then asked with one image. Pure.

A failure takes one of ten tries from the budget, an answer gives a tenth back: at most 10 % of the calls are
tried again. Three failures in a row are an outage, too."""

import random

_BUDGET = 10.0
_EARNED = 0.1
_IN_A_ROW = 3
_FIRST_WAIT_SECONDS = 1.0
# An outage of five minutes takes ten probes, of one image each; its end is noticed within this.
_LONGEST_WAIT_SECONDS = 60.0
_PROBE_SECONDS = 0.1


class Breaker:
    """Of one process. `now` is in monotonic seconds."""

    def __init__(self) -> None:
        self._budget = _BUDGET
        self._failures = 0
        self._wait = 0.0
        self._due = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        """The provider is taken for being away: what fails now says nothing of an image."""
        return self._wait > 0

    def rest(self, now: float) -> float:
        """Seconds until a call may be made: 0 when all goes well, or when a probe is due."""
        if not self.open:
            return 0.0
        return _PROBE_SECONDS if self._probing else max(0.0, self._due - now)

    def sent(self) -> None:
        """A call is on its way; while it is open, the only one."""
        self._probing = self.open

    def answered(self) -> None:
        self._budget = min(_BUDGET, self._budget + _EARNED)
        self._failures, self._wait, self._probing = 0, 0.0, False

    def undecided(self) -> None:
        """The key or the quota was refused, which the provider can do when it is away."""
        self._probing = False

    def failed(self, now: float) -> None:
        self._budget = max(0.0, self._budget - 1)
        self._failures += 1
        if not self.open:
            if self._failures >= _IN_A_ROW or self._budget < 1:
                self._rest(_FIRST_WAIT_SECONDS, now)
        elif self._probing:
            self._rest(min(2 * self._wait, _LONGEST_WAIT_SECONDS), now)

    def _rest(self, seconds: float, now: float) -> None:
        self._wait, self._probing = seconds, False
        self._due = now + random.uniform(0.5, 1.0) * seconds
