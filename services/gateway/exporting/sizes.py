"""How large an export of a batch would be: measured on a sample of its rows, in every format."""

from uuid import UUID

import msgspec

from services.gateway.context import Context
from services.gateway.exporting.made import megabytes
from services.gateway.exporting.upstream import fetched
from services.gateway.snapshot import Snapshot
from shared.exporting import Export, Format

_SAMPLE = 200
# 200 rows of the widest that an event can carry.
_MOST_BYTES = 200 << 20


async def estimated_mb(ctx: Context, batch: Snapshot) -> dict[str, float]:
    """Of all results so far, by format."""
    return {kind.value: megabytes(await _estimate(ctx, batch, kind)) for kind in Format}


async def _estimate(ctx: Context, batch: Snapshot, kind: Format) -> float:
    empty = await _size(ctx, _sample(batch.batch_id, kind, 0, 0))
    if not batch.processed:
        return empty
    whole = batch.processed == batch.total_urls
    size = await _size(ctx, _sample(batch.batch_id, kind, _SAMPLE, batch.total_urls if whole else 0))
    return estimate(empty, size, min(_SAMPLE, batch.processed), batch.processed)


def estimate(empty: int, sample: int, sampled: int, rows: int) -> float:
    """Bytes of a file of `rows`, where one without any has `empty` and one of `sampled` has `sample`."""
    return empty + max(0, sample - empty) / sampled * rows


def spread(rows: int, total: int) -> tuple[int, ...]:
    """At most `rows` numbers of rows, even over 1 to `total`."""
    step = max(1, total / rows)
    return tuple(int(number * step) + 1 for number in range(min(rows, total)))


def _sample(batch_id: UUID, kind: Format, rows: int, total: int) -> Export:
    """Spread over the `total` of a whole batch; the first that there are of another."""
    export = Export(batches=(str(batch_id),), format=kind, limit=rows)
    return msgspec.structs.replace(export, rows=spread(rows, total)) if total else export


async def _size(ctx: Context, export: Export) -> int:
    return len(await fetched(ctx, export, _MOST_BYTES))
