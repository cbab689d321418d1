"""The downloads that were completed: counted by day and format, and what is said of them."""

from collections.abc import Mapping
from typing import Any

from shared.exporting import Format
from shared.logs import log
from shared.postgres import UNAVAILABLE, Pool, statements_beside

_SQL = statements_beside(__file__)


async def count(pool: Pool, kind: Format, size: int) -> None:
    """Never fails: the file is with its reader already."""
    try:
        await pool.execute(_SQL["made_put"], kind, size)
    except UNAVAILABLE as error:
        log.warning("a download was not counted", error=type(error).__name__)


async def statistics(pool: Pool) -> dict[str, Any]:
    """`exports_today` is the UTC day; sizes are of what was sent, before any compression of the reply."""
    rows = await pool.fetch(_SQL["made_read"])
    total = sum(row["exports"] for row in rows)
    return {
        "total_exports": total,
        "exports_today": sum(row["today"] for row in rows),
        "popular_formats": shares({row["format"]: row["exports"] for row in rows}),
        "average_export_size_mb": megabytes(sum(row["bytes"] for row in rows) / total) if total else 0.0,
    }


def megabytes(size: float) -> float:
    """Of 2^20 bytes."""
    return round(size / (1 << 20), 4)


def shares(exports: Mapping[str, int]) -> dict[str, int]:
    """Whole percentages of all formats that sum to 100 (largest remainders); zeros without any export."""
    counts = {kind.value: exports.get(kind, 0) for kind in Format}
    total = sum(counts.values())
    if not total:
        return counts
    floors = {name: number * 100 // total for name, number in counts.items()}
    by_remainder = sorted(counts, key=lambda name: -(counts[name] * 100 % total))
    rounded_up = by_remainder[: 100 - sum(floors.values())]
    return {name: floor + (name in rounded_up) for name, floor in floors.items()}
