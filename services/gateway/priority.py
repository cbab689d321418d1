"""What a batch's priority weighs (pure): its part of the room, its images a turn, its place in the queue."""

from enum import StrEnum

from services.gateway.errors import ValidationError


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


# Ingest shares the analyzers' room by weight and starts the heaviest of the waiting first; analyzers take
# images of a batch as it weighs, so one of high priority has three of four places beside a normal one.
WEIGHTS: dict[Priority, int] = {Priority.LOW: 1, Priority.NORMAL: 3, Priority.HIGH: 9}


def priority_named(text: str) -> Priority:
    """In any case. Raises ValidationError."""
    try:
        return Priority(text.lower())
    except ValueError:
        raise ValidationError(f"priority is one of {', '.join(Priority)}, not {text[:50]!r}.") from None


def priority_of(weight: int) -> Priority:
    """The highest that a weight reaches."""
    return max((p for p in Priority if WEIGHTS[p] <= weight), key=WEIGHTS.__getitem__, default=Priority.LOW)
