"""How well a batch does, as one number: what is read, and a pure function of it.

docs/health-score.md says it in words, with an example.

score = 0.5 · success_rate + 0.3 · processing_speed + 0.2 · error_patterns, each from 0 to 100
"""

from typing import NamedTuple

from services.gateway.chunks import advice_for
from services.gateway.snapshot import Snapshot
from services.gateway.status import Status
from services.gateway.timing import percent, rate_per_minute
from shared.postgres import Connection, statements_beside

_SQL = statements_beside(__file__)
WEIGHTS = {"success_rate": 0.5, "processing_speed": 0.3, "error_patterns": 0.2}
_WELL = 90.0
_LOW = 80.0


class Facts(NamedTuple):
    """What is counted. `rate` is rows a minute over all active time, `rate_of_late` over the last 60 s.
    Slow and failing chunks: sql/health_read.sql."""

    status: Status
    processed: int
    successful: int
    rate: float
    rate_of_late: float
    slow_rows: int
    failing_rows: int
    failing_chunks: int
    first_failing_chunk: int | None
    worst_class: str | None
    worst_rows: int


class Health(NamedTuple):
    """`score` and each of `factors` are from 0.0 to 100.0."""

    score: float
    factors: dict[str, float]
    recommendations: list[str]


async def read_facts(connection: Connection, batch: Snapshot) -> Facts:
    """In the snapshot that the batch was read in."""
    row = await connection.fetchrow(_SQL["health_read"], batch.batch_id)
    of_late = rate_per_minute(batch.recent_processed, batch.recent_seconds)
    return Facts(batch.status, batch.processed, batch.successful, batch.rate, of_late, **row)


def health_of(facts: Facts) -> Health:
    factors = {
        "success_rate": percent(facts.successful, facts.processed),
        "processing_speed": min(_evenness(facts), _pace_of_late(facts)),
        "error_patterns": round(100.0 - percent(facts.failing_rows, facts.processed), 2),
    }
    score = round(sum(WEIGHTS[name] * value for name, value in factors.items()), 2)
    return Health(score, factors, recommendations(facts, score, factors))


def _evenness(facts: Facts) -> float:
    """The rows that lie in no slow chunk."""
    return percent(facts.processed - facts.slow_rows, facts.processed)


def _pace_of_late(facts: Facts) -> float:
    """Where rows should come now: those of the last minute against the batch's own mean."""
    if facts.status is not Status.PROCESSING:
        return 100.0
    return round(min(100.0, 100 * facts.rate_of_late / facts.rate), 2) if facts.rate > 0 else 0.0


def recommendations(facts: Facts, score: float, factors: dict[str, float]) -> list[str]:
    """At least one sentence, each from a fact."""
    if facts.processed == 0:
        return [_nothing_yet(facts.status)]
    said = ["Batch is performing well"] if score >= _WELL else []
    if facts.worst_class is not None:
        rows = "row" if facts.worst_rows == 1 else "rows"
        said.append(
            f"{facts.worst_rows} {rows} failed with {facts.worst_class}: {advice_for(facts.worst_class)}"
        )
    if facts.failing_chunks:
        said.append(
            f"Half of the rows or more failed in {_chunks(facts.failing_chunks)}, first in chunk"
            f" {facts.first_failing_chunk}: look for what these rows share, such as a host or a time."
        )
    if _pace_of_late(facts) < _LOW:
        said.append(
            f"{facts.rate_of_late:.0f} rows a minute came of late, {facts.rate:.0f} on average:"
            " look at the quota and at slow hosts."
        )
    if _evenness(facts) < _LOW:
        said.append(
            f"{facts.slow_rows} rows lie in chunks that took three times as long a row as the usual one."
        )
    return said or [f"{factors['success_rate']} % of the rows succeeded."]


def _nothing_yet(status: Status) -> str:
    if status is Status.PROCESSING:
        return "No row has a result yet: if that lasts, look at /api/v1/batches/stuck and at the keys."
    return f"No row has a result, so there is nothing to judge: the batch is {status}."


def _chunks(count: int) -> str:
    return "1 chunk" if count == 1 else f"{count} chunks"
