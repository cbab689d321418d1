"""The whole of what the document describes."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.documented import World, world
from tests.servers import Servers


@pytest.fixture(scope="session")
def live(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(servers, template, tmp_path_factory.mktemp("documented")) as made:
        yield made


@pytest.fixture(scope="session")
def described(live: World) -> Any:
    """What /openapi.json says."""
    return live.client.get("/openapi.json").json()
