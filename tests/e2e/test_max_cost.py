"""A batch's limit holds in the provider's own count, and its cost is what was paid."""

from tests.workload import World

_ROWS, _IMAGE = 200, 0.0095


def test_no_more_is_paid_for_than_the_limit_allows(running: World) -> None:
    paid_before = running.log().paid().total()

    def paid() -> int:
        return running.log().paid().total() - paid_before

    batch = running.submit(running.urls(_ROWS, first=720_000), max_cost=str(100 * _IMAGE))
    seen = running.wait_for(batch, lambda seen: seen["status"] == "paused", 30)
    assert (seen["pause_reason"], seen["cost"]) == ("max_cost", round(paid() * _IMAGE, 6))
    assert 100 - 64 < paid() <= 100, "a slice has 64 rows"
    assert running.control(batch, "resume").status_code == 400
    path = f"/api/v1/batches/{batch}/resume"
    assert running.http.post(path, json={"max_cost": 2}).status_code == 200
    seen = running.wait_end(batch, 30)
    assert (seen["status"], seen["successful_count"], seen["cost"]) == ("completed", _ROWS, 1.9)
    assert seen["units"] == 5 * _ROWS
    assert paid() == _ROWS
