"""Live events: whatever shows when, nobody misses a change of state or ends with a wrong one."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.errors import SystemUnavailable
from services.gateway.live import hub as hub_module
from services.gateway.live.history import Fact, History, Part, Position, history_of
from services.gateway.live.listener import Listener, Update, View
from services.gateway.live.streams import missed
from services.gateway.live.wording import EventId, event_id_of, state_event
from shared.stopping import Stop

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = UUID("6f1c6f3e-5d4c-4b1a-9a56-0d1f2b3c4d5e")


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def desired(version: int, value: str, seconds: float, run: int = 1) -> Fact:
    return Fact(Part.DESIRED, version, run, value, at(seconds))


START = Fact(Part.START, 0, 1, "", at(1))
LIFE = (
    desired(1, "running", 0),
    START,
    desired(2, "paused", 2),
    desired(3, "running", 3),
    Fact(Part.END, 0, 1, "failed", at(4)),
    desired(4, "running", 5, run=2),
    Fact(Part.END, 0, 2, "completed", at(6)),
)
STATES = ["queued", "processing", "paused", "processing", "failed", "processing", "completed"]


def test_a_life_is_told_in_order() -> None:
    changes = history_of(LIFE).after(Position())
    assert [change.status for change in changes] == STATES
    assert [change.previous for change in changes] == [None, *STATES[:-1]]
    assert [change.run for change in changes] == [1, 1, 1, 1, 1, 2, 2]


@given(st.permutations(range(len(LIFE))), st.sets(st.integers(1, len(LIFE))))
def test_a_listener_knows_every_state_and_ends_with_the_right_one(order: list[int], looks: set[int]) -> None:
    """The facts show in any order, and the listener looks after any of them."""
    heard, states = Position(), []
    for count in sorted(looks | {len(LIFE)}):
        history = history_of(LIFE[n] for n in order[:count])
        states += [change.status for change in history.after(heard)]
        heard = heard.join(history.position)
    assert states[-1] == "completed"
    if looks == {len(LIFE)} or order == sorted(order):
        assert states == STATES


@given(st.integers(0, len(LIFE)))
def test_after_a_break_just_the_rest_is_told(seen: int) -> None:
    heard = history_of(LIFE[:seen]).position
    assert [change.status for change in history_of(LIFE).after(heard)] == STATES[seen:]


def test_what_was_committed_late_is_told_with_all_that_came_after_it() -> None:
    paused = history_of([LIFE[0], LIFE[2]])
    late = history_of([LIFE[0], START, LIFE[2]])
    assert [change.status for change in late.after(paused.position)] == ["processing", "paused"]
    assert state_event(BATCH, paused.changes[-1]) != state_event(BATCH, late.changes[-1])


def test_a_cancel_is_one_change_and_versions_keep_their_order() -> None:
    cancelled = history_of(
        [desired(1, "running", 5), desired(2, "cancelled", 4), Fact(Part.END, 0, 1, "cancelled", at(4))]
    )
    assert [change.status for change in cancelled.after(Position())] == ["queued", "cancelled"]
    assert cancelled.has_ended
    assert history_of([*LIFE, desired(5, "deleted", 7, run=2)]).changes[-1].status == "deleted"


def test_before_covers_what_is_older() -> None:
    history = history_of(LIFE)
    assert history.before(at(0)) == Position()
    assert history.before(at(2.5)) == Position(2, 1, 0)
    assert history.before(at(9)) == history.position


@given(
    st.uuids(),
    st.integers(0, 10**9),
    st.integers(0, 1),
    st.integers(0, 10**6),
    st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_event_ids_are_read_back(batch: UUID, version: int, started: int, ended: int, when: datetime) -> None:
    event_id = EventId(batch, Position(version, started, ended), when)
    assert event_id_of(str(event_id)) == event_id


@given(st.text() | st.from_regex(r"[0-9a-f-]{36}\.\d{1,18}\.[01]\.\d{1,9}\.\d{1,18}", fullmatch=True))
def test_any_other_id_is_none_or_a_position(text: str) -> None:
    assert isinstance(event_id_of(text), EventId | None)


def test_all_streams_take_up_what_was_missed_in_the_order_of_time() -> None:
    other = uuid4()
    last = EventId(BATCH, Position(2, 1, 0), at(2))
    lately = {
        BATCH: history_of(LIFE),
        other: history_of([desired(1, "held", -900), desired(2, "running", 3.5)]),
    }
    told = [(batch, change.status) for batch, change in missed(lately, last)]
    assert told == [
        (BATCH, "processing"),
        (other, "queued"),
        (BATCH, "failed"),
        (BATCH, "processing"),
        (BATCH, "completed"),
    ]


def view(batch_id: UUID, history: History) -> View:
    return View(batch_id, None, history)


async def test_a_slow_listener_gets_the_newest_and_misses_no_change() -> None:
    listener = Listener(None)
    for count in range(1, len(LIFE) + 1):
        heard = history_of(LIFE[: count - 1]).position
        listener.tell(Update(view(BATCH, history_of(LIFE[:count])), heard, moved=count == 1))
    (update,) = await listener.news(0)
    assert [change.status for change in update.view.history.after(update.heard)] == STATES
    assert update.moved
    assert await listener.news(0) == []


@pytest.mark.parametrize("batches", [1_000, 1_001])
async def test_a_listener_that_takes_nothing_is_ended(batches: int) -> None:
    listener = Listener(None)
    for _ in range(batches):
        listener.tell(Update(view(uuid4(), history_of(LIFE)), Position(), moved=False))
    assert listener.over == (batches > 1_000)


class NoBatches:
    """A pool without any batch that counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def fetch(self, *_: object) -> list[Any]:
        self.asked += 1
        return []

    async def fetchval(self, *_: object) -> datetime:
        return BEGAN


async def test_one_poll_feeds_all_and_nobody_polls_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "_EVERY_SECONDS", 0.01)
    pool: Any = NoBatches()
    waiting: Any = None
    hub, stop = hub_module.Hub(pool, waiting), Stop()
    running = asyncio.create_task(hub.run(stop))
    await asyncio.sleep(0.05)
    assert pool.asked == 0
    with ExitStack() as stack:
        listeners = [stack.enter_context(hub.listening(BATCH)) for _ in range(hub_module._MOST_LISTENERS)]
        with pytest.raises(SystemUnavailable):
            hub.refuse_more()
        assert not any([await listener.news(5) for listener in listeners]), "at first at once, and nothing"
        heard = await asyncio.gather(*(listener.news(5) for listener in listeners))
        assert all(news[0].view.batch is None for news in heard)
        assert pool.asked % 2 == 0, "the batches and their histories"
        assert pool.asked < 40
        stop.ask()
        await running
        assert all(listener.over for listener in listeners), "they end with the process"
