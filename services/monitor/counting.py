"""Result events counted by batch and ten seconds: what rates are made of."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

from shared.events import Event, ImageAnalyzed

BUCKET_SECONDS = 10


class Counted(Event, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The few fields of a result event that are counted; decoding skips the rest."""

    TYPE: ClassVar[str] = ImageAnalyzed.TYPE
    success: bool
    cache_hit: bool = False


class Bucket(NamedTuple):
    batch_id: UUID
    start: datetime
    processed: int
    failed: int
    cache_hits: int


def tally(events: Iterable[Counted]) -> list[Bucket]:
    """Sorted, so that two members that add to the same buckets never wait crosswise."""
    counts: dict[tuple[UUID, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for event in events:
        count = counts[event.batch_id, int(event.at.timestamp()) // BUCKET_SECONDS]
        count[0] += 1
        count[1] += not event.success
        count[2] += event.cache_hit
    return sorted(
        Bucket(batch, datetime.fromtimestamp(number * BUCKET_SECONDS, UTC), *count)
        for (batch, number), count in counts.items()
    )
