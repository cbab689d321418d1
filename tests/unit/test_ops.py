"""What a service says of itself to those on call."""

from shared.metrics import CHECK_PASSES
from shared.ops import Health


async def test_a_check_that_fails_is_named_in_the_reply_and_in_the_metrics() -> None:
    health = Health()
    assert await health.failing() == {"start": "not finished"}
    health.started, away = True, True

    async def ping() -> None:
        if away:
            raise ConnectionError

    health.checks["redis"] = ping
    assert await health.failing() == {"redis": "ConnectionError"}
    assert CHECK_PASSES.labels("redis")._value.get() == 0
    away = False
    assert await health.failing() == {}
    assert CHECK_PASSES.labels("redis")._value.get() == 1
