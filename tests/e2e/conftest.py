"""One running system for all end-to-end tests that do not break it."""

from collections.abc import Iterator

import pytest

from tests.workload import World, world


@pytest.fixture(scope="session")
def running() -> Iterator[World]:
    with world(ANALYZERS="2") as made:
        yield made
