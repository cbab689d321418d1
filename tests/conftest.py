"""The fixtures of all tests: servers, and a gateway on them."""

import gc

import pytest
from hypothesis import settings

from tests.contract.gateway import client, gateway
from tests.servers import database_url, kafka, redis_url, servers, template, topic_prefix

__all__ = ["client", "database_url", "gateway", "kafka", "redis_url", "servers", "template", "topic_prefix"]


# How long an example takes says something of the machine, nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several processes run the tests: a file stays in one of them, and so do those that share a system.
    The longest go first, so that no process waits long for the others."""
    for item in items:
        shared = {"running", "slow", "live"} & {*getattr(item, "fixturenames", ())}
        item.add_marker(pytest.mark.xdist_group(min(shared, default=item.path.name)))
    items.sort(key=lambda item: "e2e" not in item.path.parts)


def pytest_collection_finish() -> None:
    """The thousands of collected tests stay: the garbage collector need not walk them again and again, which
    took an eighth of the CPU time of tests/unit."""
    gc.collect()
    gc.freeze()
