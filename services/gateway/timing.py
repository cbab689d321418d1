"""Rates and estimates (pure): a rate leaves out the time that a batch was paused."""

import math
from datetime import datetime, timedelta

from services.gateway.status import Status

# An estimate beyond this says nothing, and a date must still be representable.
_LONGEST = timedelta(days=365)
_QUICK_SECONDS = 120.0


def rate_per_minute(processed: int, active_seconds: float) -> float:
    """Rows a minute of active time; 0.0 before the first row."""
    return processed * 60 / active_seconds if processed and active_seconds > 0 else 0.0


def percent(part: int, whole: int) -> float:
    """Rounded down to two decimals, so that 100.0 is said of the whole only."""
    return math.floor(part * 10_000 / whole) / 100 if whole else 0.0


def estimated_completion(now: datetime, status: Status, remaining: int, per_minute: float) -> datetime | None:
    """None unless the batch is processing and rows come."""
    if status is not Status.PROCESSING or per_minute <= 0 or remaining <= 0:
        return None
    return after_minutes(now, remaining / per_minute)


def after_minutes(now: datetime, minutes: float) -> datetime | None:
    """None for more than a year."""
    return now + timedelta(minutes=minutes) if minutes * 60 < _LONGEST.total_seconds() else None


def polling_interval(now: datetime, status: Status, completion: datetime | None) -> int:
    """Whole seconds until a poller should look again: 2 for a batch that ends within two minutes, then
    a sixtieth of the estimate within 5 and 30, and 60 where only a person makes a change."""
    if not status.is_active or status in (Status.PAUSED, Status.PENDING):
        return 60
    if completion is None:
        return 5
    left = (completion - now).total_seconds()
    return 2 if left <= _QUICK_SECONDS else round(min(max(left / 60, 5), 30))
