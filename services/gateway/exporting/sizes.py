"""How large an export of a batch would be: measured on a sample of its rows, in every format."""

from uuid import UUID

import msgspec

from services.gateway.context import Context
from services.gateway.exporting.made import megabytes
from services.gateway.exporting.upstream import size_of
from services.gateway.snapshot import Snapshot
from shared.exporting import Export, Format

_SAMPLE = 600


async def estimated_mb(ctx: Context, batch: Snapshot) -> dict[str, float]:
    """Of all results so far, by format."""
    return {kind.value: megabytes(await _estimate(ctx, batch, kind)) for kind in Format}


async def _estimate(ctx: Context, batch: Snapshot, kind: Format) -> float:
    """Whatever a file begins and ends with, and packs, is in the first half of the sample as well."""
    total = batch.total_urls if batch.processed == batch.total_urls else 0
    sampled = min(_SAMPLE, batch.processed)
    size = await size_of(ctx, _sample(batch.batch_id, kind, sampled, total))
    if batch.processed == sampled:
        return size
    half = await size_of(ctx, _sample(batch.batch_id, kind, sampled // 2, total))
    return estimate(half, size, sampled, batch.processed)


def estimate(half: int, whole: int, sampled: int, rows: int) -> float:
    """Bytes of a file of `rows`, where one of `sampled` has `whole` and one of half as many has `half`."""
    return whole + max(0, whole - half) / (sampled - sampled // 2) * (rows - sampled)


def spread(rows: int, total: int) -> tuple[int, ...]:
    """At most `rows` numbers of rows, even over 1 to `total`."""
    step = max(1, total / rows)
    return tuple(int(number * step) + 1 for number in range(min(rows, total)))


def _sample(batch_id: UUID, kind: Format, rows: int, total: int) -> Export:
    """Spread over the `total` of a whole batch; the first that there are of another."""
    export = Export(batches=(str(batch_id),), format=kind, limit=rows)
    return msgspec.structs.replace(export, rows=spread(rows, total)) if total else export
