"""What a retry means."""

import pytest

from services.gateway.api.retry import RetryBody, which_of
from services.gateway.errors import ValidationError
from services.gateway.retry import Which
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
