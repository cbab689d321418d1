"""The health score: within its bounds, better for better facts, and what it says."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.health_score import WEIGHTS, Facts, health_of
from services.gateway.status import Status

WELL = Facts(Status.PROCESSING, 1_500, 1_440, 50.0, 50.0, 0, 0, 0, None, "timeout", 60)
NOTHING = Facts(Status.QUEUED, 0, 0, 0.0, 0.0, 0, 0, 0, None, None, 0)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    processed = draw(st.integers(0, 10**7))
    rows = st.integers(0, processed)
    failing = draw(rows)
    rates = st.floats(0, 1e9)
    return Facts(
        draw(st.sampled_from(Status)),
        processed,
        draw(rows),
        draw(rates),
        draw(rates),
        draw(rows),
        failing,
        1 if failing else 0,
        1 if failing else None,
        draw(st.sampled_from([None, "timeout", "from the future"])),
        1,
    )


@given(facts())
def test_it_is_the_documented_sum_and_within_its_bounds(given_facts: Facts) -> None:
    health = health_of(given_facts)
    assert 0.0 <= health.score <= 100.0
    assert all(0.0 <= value <= 100.0 for value in health.factors.values())
    assert health.score == round(sum(WEIGHTS[name] * value for name, value in health.factors.items()), 2)
    assert health.recommendations
    assert all(said and "nan" not in said for said in health.recommendations)


@given(facts(), st.integers(0, 10**7))
def test_more_success_and_fewer_bad_chunks_never_lower_it(given_facts: Facts, more: int) -> None:
    better = given_facts._replace(
        successful=min(given_facts.processed, given_facts.successful + more),
        slow_rows=max(0, given_facts.slow_rows - more),
        failing_rows=max(0, given_facts.failing_rows - more),
        rate_of_late=given_facts.rate_of_late + more,
    )
    assert health_of(better).score >= health_of(given_facts).score


def test_the_documented_example() -> None:
    health = health_of(WELL._replace(status=Status.COMPLETED, slow_rows=500))
    assert health.factors == {"success_rate": 96.0, "processing_speed": 66.66, "error_patterns": 100.0}
    assert health.score == 88.0


def test_a_batch_that_does_well_is_told_so() -> None:
    health = health_of(WELL._replace(successful=1_500, worst_class=None, worst_rows=0))
    assert (health.score, health.recommendations) == (100.0, ["Batch is performing well"])


def says(text: str, **changed: Any) -> bool:
    return any(text in said for said in health_of(WELL._replace(**changed)).recommendations)


def test_each_recommendation_comes_from_a_fact() -> None:
    assert says("60 rows failed with timeout: The host was too slow")
    assert says("in 2 chunks, first in chunk 7", failing_rows=9, failing_chunks=2, first_failing_chunk=7)
    assert says("5 rows a minute came of late, 50 on average", rate_of_late=5.0)
    assert not says("of late", rate_of_late=5.0, status=Status.COMPLETED)
    assert says("900 rows lie in chunks", slow_rows=900)


def test_before_the_first_row_there_is_nothing_to_judge() -> None:
    health = health_of(NOTHING)
    assert health.factors["success_rate"] == 0.0
    assert "nothing to judge: the batch is queued" in health.recommendations[0]
    stalled = health_of(NOTHING._replace(status=Status.PROCESSING))
    assert "stuck" in stalled.recommendations[0]
