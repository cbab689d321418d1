"""The numbers of the whole system."""

from services.gateway.status import ChunkStatus, Status
from services.gateway.system_stats import StatusCounts, stats


def test_of_nothing_everything_is_zero() -> None:
    said = stats([], 0.0)
    assert (said["total_batches"], said["overall_success_rate"], said["rows_per_minute"]) == (0, 0.0, 0.0)
    assert set(said["batches_by_status"]) == set(Status)
    assert said["queue_stats"] == dict.fromkeys(ChunkStatus, 0)


def test_open_chunks_of_ended_batches_wait_for_nothing() -> None:
    counts = [
        StatusCounts(Status.PROCESSING, 2, 150, 120, 3, 1, 5, 2, 10),
        StatusCounts(Status.PAUSED, 1, 10, 10, 0, 0, 0, 1, 4),
        StatusCounts(Status.CANCELLED, 4, 40, 20, 5, 2, 0, 7, 90),
        StatusCounts(Status.COMPLETED, 6, 600, 570, 60, 0, 0, 0, 0),
    ]
    said = stats(counts, 1234.56)
    assert (said["total_batches"], said["active_batches"], said["completed_batches"]) == (13, 3, 6)
    assert (said["total_urls_processed"], said["overall_success_rate"]) == (800, 90.0)
    assert said["queue_stats"] == {
        "pending": 14,
        "processing": 3,
        "retrying": 5,
        "completed": 68,
        "failed": 3,
    }
    assert said["rows_per_minute"] == 1234.6
