"""What is known of a host, and what follows from it for the next download there. Pure.

Three things at once: how many downloads at a time (one more for each that went well, half as many when the
host complains), a rest that it asked for, and a circuit breaker that opens when only failures come."""

from enum import StrEnum
from typing import NamedTuple

from services.analyzer.fetch_failure import FetchFailure
from shared.error_classes import ErrorClass

FIRST_AT_ONCE = 8.0
"""Downloads at a time from a host that nothing is known of."""

PATIENCE_SECONDS = 45.0
"""A row waits so long for a host to be ready again: with its last try that is a minute in all."""

SLOW_SECONDS = 2.0
"""A host that takes longer is slow, and gets no place that fast ones need."""

# Failures in a row that open the breaker: five that cost time, or twenty answers of 5xx: those are quick, say
# that somebody is there, and many hosts answer so for single pictures that are gone.
_OPENS_AT = 20
_WEIGHTS = {
    ErrorClass.TIMEOUT: 4,
    ErrorClass.NETWORK: 4,
    ErrorClass.DNS: 4,
    ErrorClass.HTTP_5XX: 1,
}
_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 30.0
_REST_SECONDS = 1.0
_LONGEST_REST_SECONDS = 60.0


class HostState(StrEnum):
    FAST = "fast"
    SLOW = "slow"  # it takes long, or its last download failed
    LEFT_ALONE = "left_alone"  # it asked for a rest, or its breaker is open


class Standing(NamedTuple):
    """`fast` None: nothing is known yet. `trouble` is the weight of the failures since the last sign of life;
    `tripped` the breaker's time of opening, 0 while it is closed; until `shut` nobody goes (seconds of one
    clock)."""

    at_once: float = FIRST_AT_ONCE
    cut: bool = False
    fast: bool | None = None
    trouble: int = 0
    tripped: float = 0.0
    failed_probes: int = 0
    shut: float = 0.0
    last: FetchFailure | None = None

    def state(self, now: float) -> HostState | None:
        """None: nothing is known yet."""
        if self.tripped or self.shut > now:
            return HostState.LEFT_ALONE
        if self.fast is None:
            return None
        return HostState.FAST if self.fast else HostState.SLOW

    def places(self) -> int:
        """One at a time while the breaker is half open: a probe."""
        return 1 if self.tripped else int(self.at_once)

    def refusal(self, now: float, probing: bool) -> FetchFailure | None:
        """Why a download is not even waited for: the host is down as a probe has just shown, or it asked for
        more patience than there is."""
        if self.last is None:
            return None
        if self.failed_probes and (now < self.shut or probing):
            why = f"The host failed many times in a row and is left alone for a while. {self.last.message}"
            return FetchFailure(self.last.error_class, why, hopeless=True)
        if self.shut - now > PATIENCE_SECONDS:
            return FetchFailure(self.last.error_class, self.last.message, self.last.wait, hopeless=True)
        return None

    def after_life(self, seconds: float, most: int) -> "Standing":
        """After an answer that shows that the host works, be it a picture or a 404."""
        fast = seconds < SLOW_SECONDS
        if self.at_once >= most and fast and self.fast and not self.trouble and not self.tripped:
            return self  # as nearly always
        grown = self.at_once + (1.0 / self.at_once if self.cut else 1.0)
        return self._replace(
            at_once=min(grown, float(most)), fast=fast, trouble=0, tripped=0.0, failed_probes=0
        )

    def after(self, failure: FetchFailure, began: float, now: float, most: int) -> "Standing":
        """After a download that began at `began` and failed."""
        weight = _WEIGHTS.get(failure.error_class)
        complains = failure.error_class is ErrorClass.RATE_LIMITED or failure.wait > 0
        if weight is None and not complains:
            return self.after_life(now - began, most)
        after = self._replace(trouble=min(self.trouble + (weight or 0), _OPENS_AT), last=failure, fast=False)
        if complains:
            rest = min(failure.wait or _REST_SECONDS, _LONGEST_REST_SECONDS)
            after = after._slower()._replace(shut=max(self.shut, now + rest))
        elif failure.error_class is ErrorClass.TIMEOUT:
            after = after._slower()
        return after._trip(began, now) if weight and after.trouble >= _OPENS_AT else after

    def _slower(self) -> "Standing":
        return self._replace(at_once=max(1.0, self.at_once / 2), cut=True)

    def _trip(self, began: float, now: float) -> "Standing":
        if not self.tripped:
            # Five that waited for nothing, each for seconds, need no sixth to be believed.
            known = now - began >= SLOW_SECONDS
            shut = max(self.shut, now + _PAUSE_SECONDS)
            return self._replace(tripped=now, shut=shut, at_once=1.0, cut=True, failed_probes=int(known))
        if began < self.tripped:
            return self  # sent before it opened: says nothing new
        probes = self.failed_probes + 1
        pause = min(_PAUSE_SECONDS * 2.0 ** min(probes, 10), _LONGEST_PAUSE_SECONDS)
        return self._replace(tripped=now, failed_probes=probes, shut=max(self.shut, now + pause))
