"""What a retry means, and when it is allowed."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from services.gateway.api.retry import RetryBody, which_of
from services.gateway.errors import BatchStateError, ValidationError
from services.gateway.retry import Which, may_retry
from services.gateway.status import Status
from shared.error_classes import ErrorClass


def test_one_class_several_or_all_rows() -> None:
    assert which_of(RetryBody()) == Which()
    assert which_of(RetryBody("timeout")) == Which(("timeout",))
    assert which_of(RetryBody(error_classes=["dns", "timeout"])) == Which(("dns", "timeout"))


@pytest.mark.parametrize(
    "body",
    [RetryBody("slow"), RetryBody(error_classes=["dns", "a\0b"]), RetryBody(error_classes=[])],
)
def test_a_class_that_there_is_not_is_refused_with_those_that_there_are(body: RetryBody) -> None:
    with pytest.raises(ValidationError) as raised:
        which_of(body)
    assert all(name in raised.value.message for name in ErrorClass)


def test_both_ways_to_name_classes_are_one_too_many() -> None:
    with pytest.raises(ValidationError, match="not both"):
        which_of(RetryBody("dns", ["dns"]))


@pytest.mark.parametrize("run", [1, 2])
@pytest.mark.parametrize("status", Status)
def test_only_what_completed_or_failed_is_retried_and_a_retry_is_not_retried(
    status: Status, run: int
) -> None:
    batch: Any = SimpleNamespace(batch_id=uuid4(), status=status, run=run, deleted_at=None)
    if status in (Status.COMPLETED, Status.FAILED):
        assert may_retry(batch)
    elif run == 2 and status in (Status.PENDING, Status.QUEUED, Status.PROCESSING):
        assert not may_retry(batch)
    else:
        with pytest.raises(BatchStateError, match=f"it is {status}"):
            may_retry(batch)
    batch.deleted_at = datetime.now(UTC)
    with pytest.raises(BatchStateError, match="Restore it first"):
        may_retry(batch)
