"""What the overseer tells those on call."""

import time
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from services.ingest.batch import Batch, Facts, Look
from services.ingest.desk import Desk
from services.ingest.open_slices import OpenSlices
from services.ingest.overseer import Overseer
from services.ingest.pace import FLOOR
from services.ingest.timing import Timing
from shared.limited_by import LimitedBy, Waits

BATCH = uuid4()
FACTS = Facts(BATCH, 1, 1, 2_000, 100, (), "US", "rows.jsonl")


class Around:
    """The book, the ownership, the room and the limits in one: one running batch, and as much room as is
    told."""

    def __init__(self, next_row: int) -> None:
        self.room = 0
        self.waits = Waits()
        self.next_row = next_row

    async def adopt(self) -> None: ...

    async def run_short(self, batches: Iterable[Batch]) -> None:
        assert not list(batches)

    async def look(self) -> list[Look]:
        return [Look(BATCH, True, True, False, 1, 1, 100, self.next_row)]

    def mine(self, _batch: object) -> bool:
        return True

    async def total(self) -> int:
        return self.room

    async def read(self) -> Waits:
        return self.waits


def overseer(around: Any, desk: Desk | None = None) -> Overseer:
    unused: Any = None
    desk = desk or Desk()
    tape: Any = SimpleNamespace(close=lambda: None, rows_left=6_400)
    desk.put(Batch(FACTS, tape, OpenSlices()))
    return Overseer(desk, around, around, around, around, unused, 20, Timing())


def warnings(said: Any) -> int:
    return sum("no analyzer" in each["event"] for each in said)


async def test_work_that_nobody_has_room_for_is_said_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    around, now = Around(next_row=1), time.monotonic()
    looking = overseer(around)
    with capture_logs() as said:
        for _ in range(5):
            await looking.look()
        assert warnings(said) == 1
        monkeypatch.setattr(time, "monotonic", lambda: now + 120)
        await looking.look()
        assert warnings(said) == 2
        around.room = 8
        monkeypatch.setattr(time, "monotonic", lambda: now + 240)
        await looking.look()
        assert warnings(said) == 2


async def test_no_room_is_no_matter_where_nothing_waits() -> None:
    with capture_logs() as said:
        await overseer(Around(next_row=101)).look()
    assert warnings(said) == 0


async def test_a_batch_that_only_slow_hosts_hold_up_may_have_out_what_there_is_room_for() -> None:
    """By its pace it would stay at the floor: nothing of it ended in the last two seconds."""
    around, desk = Around(next_row=1), Desk()
    looking = overseer(around, desk)
    may_have_out = []
    for why in (None, LimitedBy.QUOTA):
        around.waits = Waits(why, frozenset({BATCH}))
        await looking.look()
        may_have_out.append(desk.batches[BATCH].demand(time.monotonic(), Timing()).most)
    assert may_have_out == [100, FLOOR]
