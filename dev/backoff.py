"""How long a process that died waits for its next start."""

from __future__ import annotations

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 10.0
# Who lived this long was well: its next death counts as the first again. With 60 s an analyzer that was
# killed every 45 s was away for a quarter of the time.
WELL_AFTER_SECONDS = 30.0


def delay(deaths: int) -> float:
    """Seconds before the start after the n-th death in a row (n from 1): doubling, bounded."""
    return float(min(FIRST_SECONDS * 2 ** min(deaths - 1, 16), LONGEST_SECONDS))


def deaths_in_row(before: int, lived_seconds: float) -> int:
    """The count after one more death."""
    return 1 if lived_seconds >= WELL_AFTER_SECONDS else before + 1
