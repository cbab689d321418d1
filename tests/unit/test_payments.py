"""The one assertion of what may be paid for: it fails for what was heard twice, and for nothing else."""

import pytest

from tests.fakes.vision import Log, assert_paid_once
from tests.fakes.vision.journal import CallLine, ImageLine, Outcome

Call = tuple[float, str, str]  # begun, how it ended ("" not yet), its images


def log_of(*calls: Call, outcome: Outcome = "ok") -> Log:
    """Each call takes a second; an image is a letter."""
    log = Log(images=[], calls=[])
    for number, (t, status, images) in enumerate(calls):
        log.images.extend(ImageLine(t, number, "key", image, outcome) for image in images)
        if status:
            log.calls.append(CallLine(t, t + 1, number, "key", len(images), 0, status))
    return log


def test_one_call_an_image_is_what_is_wanted() -> None:
    assert assert_paid_once(log_of((0, "OK", "ab"), (2, "OK", "c"))) == 0


def test_an_image_of_two_calls_that_were_heard_is_told() -> None:
    with pytest.raises(AssertionError, match="1 images were paid for again"):
        assert_paid_once(log_of((0, "OK", "ab"), (2, "OK", "bc")))


@pytest.mark.parametrize("status", ["CANCELLED", ""])
def test_a_call_that_nobody_heard_may_be_made_again_and_only_its_images(status: str) -> None:
    assert assert_paid_once(log_of((0, status, "ab"), (2, "OK", "ab"))) == 2
    with pytest.raises(AssertionError):
        assert_paid_once(log_of((0, status, "ab"), (2, "OK", "abc"), (4, "OK", "c")))


def test_a_kill_loses_the_calls_in_flight_and_no_others() -> None:
    log = log_of((0, "OK", "a"), (2, "OK", "a"))
    assert assert_paid_once(log, kills=[0.5]) == 1
    with pytest.raises(AssertionError):
        assert_paid_once(log, kills=[6.0])


def test_what_was_lost_or_is_wanted_anew_counts_anew() -> None:
    log = log_of((0, "OK", "a"), (2, "OK", "a"))
    assert assert_paid_once(log, anew=[1.0]) == 0
    with pytest.raises(AssertionError):
        assert_paid_once(log, anew=[3.0])


def test_what_failed_or_was_refused_is_not_paid() -> None:
    assert assert_paid_once(log_of((0, "OK", "a"), (2, "OK", "a"), outcome="image_error")) == 0
