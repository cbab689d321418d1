"""What calls for one image failed of so far, how long to wait for the next, and when it is enough. Pure."""

from typing import NamedTuple

from services.analyzer.providers import Refusal

# An outage that is over within a minute fails no row: nothing was paid in it.
AWAY_SECONDS = 60.0
# And two short ones with a long wait for quota between them are no outage of a minute.
_LEAST_AWAY = 3
# Each of these may have been paid.
_MOST_TIMEOUTS = 3
# A picture that is deadly for its reader would otherwise end all of them, for a minute.
_MOST_CRASHES = 3
_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 8.0


class Trouble(NamedTuple):
    """How often the provider was away, too slow, or died; `since` and `until` are the monotonic seconds of
    the first and the last time that it was away."""

    away: int = 0
    timeouts: int = 0
    crashes: int = 0
    since: float = 0.0
    until: float = 0.0

    def after(self, refusal: Refusal, now: float) -> "Trouble":
        """One more failure; the refusals that say nothing of the image or the provider's health add none."""
        match refusal:
            case Refusal.UNAVAILABLE:
                return self._replace(away=self.away + 1, since=self.since if self.away else now, until=now)
            case Refusal.TIMEOUT:
                return self._replace(timeouts=self.timeouts + 1)
            case Refusal.CRASHED:
                return self._replace(crashes=self.crashes + 1)
        return self

    @property
    def tries(self) -> int:
        return self.away + self.timeouts + self.crashes

    @property
    def deadly(self) -> bool:
        return self.crashes >= _MOST_CRASHES

    @property
    def hopeless(self) -> bool:
        """No further try is due."""
        gone = self.away >= _LEAST_AWAY and self.until - self.since >= AWAY_SECONDS
        return gone or self.timeouts >= _MOST_TIMEOUTS or self.deadly

    @property
    def longest_backoff(self) -> float:
        """Seconds; the wait is anything from none to this, so that those who failed together part."""
        return min(_BACKOFF_SECONDS * 2.0 ** min(self.tries, 10), _LONGEST_BACKOFF_SECONDS)
