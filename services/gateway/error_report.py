"""What went wrong in a batch: its failed rows by class, with an example of each and what to do."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from services.gateway.chunks import advice_for
from shared.error_classes import MEANINGS, Category, ErrorClass
from shared.postgres import Pool, statements_beside

_SQL = statements_beside(__file__)
_TOP = 10
_ADVISED = 3
Counts = Mapping[str, int]


class Example(NamedTuple):
    row_no: int
    url: str
    error_message: str | None


async def read_counts(pool: Pool, batch_id: UUID) -> dict[str, int]:
    """Failed rows by class, the most frequent first."""
    rows = await pool.fetch(_SQL["errors_read"], batch_id)
    return {row["error_class"]: row["rows"] for row in rows}


async def read_examples(pool: Pool, batch_id: UUID, counts: Counts) -> dict[str, Example]:
    """Of each class that the report names. A row that was just tried again may be missing."""
    rows = await pool.fetch(_SQL["error_examples"], batch_id, list(counts)[:_TOP])
    return {row["error_class"]: Example(row["row_no"], row["url"], row["error_message"]) for row in rows}


def report(counts: Counts, examples: Mapping[str, Example]) -> dict[str, Any]:
    """`counts` with the most frequent first; `total_errors` is their sum, and the categories' sum."""
    total = sum(counts.values())
    return {
        "total_errors": total,
        "error_categories": _categories(counts),
        "top_errors": [
            {
                "error_type": name,
                "count": count,
                "percentage": round(100 * count / total, 2),
                "example": examples[name]._asdict() if name in examples else None,
                "advice": advice_for(name),
            }
            for name, count in list(counts.items())[:_TOP]
        ],
        "recommendations": recommendations(counts),
    }


def recommendations(counts: Counts) -> list[str]:
    """What to do about the most frequent classes, and whether to try again."""
    if not counts:
        return ["No row has failed: there is nothing to do."]
    advice = [
        f"{_rows(count)} ({name}): {advice_for(name)}" for name, count in list(counts.items())[:_ADVISED]
    ]
    passing = sum(counts.get(name, 0) for name, meaning in MEANINGS.items() if meaning.transient)
    if passing:
        advice.append(f"{_rows(passing)} failed for reasons that may pass: retry the failed rows.")
    return advice


def _categories(counts: Counts) -> dict[str, int]:
    """The documented ones always. A class that a newer service wrote counts as an error of processing."""
    known = ErrorClass.__members__.values()
    found: Counter[str] = Counter(dict.fromkeys(Category, 0))
    for name, count in counts.items():
        found[MEANINGS[ErrorClass(name)].category if name in known else Category.PROCESSING] += count
    return dict(found)


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"
