"""Keys in memory: a new one is found at once, guesses ask Postgres a few times a second."""

import asyncio
import time
from typing import Any
from uuid import uuid4

from services.gateway.keyring import Keyring
from services.gateway.keys import print_of

SECRET = "s" * 32


class Table:
    """As much of a pool as the keyring uses."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, Any]] = {}
        self.reads = 0
        self.writes = 0

    def add(self, key: str) -> None:
        row = {"key_id": uuid4(), "name": key, "role": "viewer", "print": print_of(SECRET, key)}
        self.keys[key] = row

    async def fetch(self, *_: object, timeout: float) -> list[dict[str, Any]]:
        self.reads += 1
        await asyncio.sleep(0)
        return list(self.keys.values())

    async def execute(self, *_: object, timeout: float) -> None:
        self.writes += 1


async def test_a_key_is_found_as_soon_as_it_is_made_and_read_once_for_many() -> None:
    table = Table()
    ring = Keyring(table, SECRET)
    assert await ring.find("none") is None
    table.add("new")
    found = await asyncio.gather(*(ring.find("new") for _ in range(50)))
    assert [known.name if known else None for known in found] == ["new"] * 50
    assert table.reads <= 3
    assert table.writes == 1, "that it is used is written down once a minute"
    assert await ring.find("new") == found[0]
    assert found[0] is not None
    assert await ring.get(found[0].key_id) == found[0]
    assert await ring.get(uuid4()) is None
    assert table.reads <= 3, "known ones are read anew every 2 s"


async def test_guesses_ask_postgres_four_times_a_second() -> None:
    table = Table()
    ring = Keyring(table, SECRET)
    began = time.monotonic()
    for n in range(4):
        assert await asyncio.gather(*(ring.find(f"guess {n} {m}") for m in range(100))) == [None] * 100
    assert table.reads <= 2 + (time.monotonic() - began) / 0.25
