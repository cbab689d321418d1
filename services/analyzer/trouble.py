"""What calls for one image failed of so far, how long to wait for the next, and when it is enough. Pure."""

from typing import NamedTuple

from services.analyzer.providers import Refusal

_MOST_TRIES = 3
# Each of these may have been paid.
_MOST_TIMEOUTS = 3
# A picture that is deadly for its reader would otherwise end all of them, for a minute.
_MOST_CRASHES = 3
_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 8.0


class Trouble(NamedTuple):
    """How often a call for it failed while the provider answered others, in outages (which say nothing of the
    image), took too long, or ended its reader."""

    failures: int = 0
    outages: int = 0
    timeouts: int = 0
    crashes: int = 0

    def after(self, refusal: Refusal, *, outage: bool) -> "Trouble":
        """One more failed call; refusals that say nothing of the image or the provider's health add none."""
        match refusal:
            case Refusal.UNAVAILABLE if outage:
                return self._replace(outages=self.outages + 1)
            case Refusal.UNAVAILABLE | Refusal.UNREADABLE:
                return self._replace(failures=self.failures + 1)
            case Refusal.TIMEOUT:
                return self._replace(timeouts=self.timeouts + 1)
            case Refusal.CRASHED:
                return self._replace(crashes=self.crashes + 1)
        return self

    @property
    def tries(self) -> int:
        return sum(self)

    @property
    def deadly(self) -> bool:
        return self.crashes >= _MOST_CRASHES

    @property
    def hopeless(self) -> bool:
        """No further try is due. An outage alone never makes it so: rows wait for its end."""
        return self.failures >= _MOST_TRIES or self.timeouts >= _MOST_TIMEOUTS or self.deadly

    @property
    def longest_backoff(self) -> float:
        """Seconds; the wait is anything from none to this, so that those who failed together part."""
        return min(_BACKOFF_SECONDS * 2.0 ** min(self.tries, 10), _LONGEST_BACKOFF_SECONDS)
