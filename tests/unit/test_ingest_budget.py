"""A batch never costs more than its max_cost, however late ingest hears of what it spent."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.batch import Batch, Facts, Look
from services.ingest.budget import Budget
from services.ingest.cutting import Slice
from services.ingest.open_slices import Entry, OpenSlices
from services.ingest.timing import Timing

IMAGE = 9_500
ROWS = 500


def look(max_cost: int | None, spent: int, image: int | None = IMAGE) -> Look:
    return Look(uuid4(), True, True, False, 1, 1, ROWS, 1, max_cost=max_cost, spent=spent, image_price=image)


class Run:
    """A batch, what of it is stored, and a look that may be under way."""

    def __init__(self, max_cost: int, size: int) -> None:
        self.max_cost, self.size = max_cost, size
        self.tape = SimpleNamespace(rows_left=ROWS, next_rows=size)
        tape: Any = self.tape
        self.batch = Batch(Facts(uuid4(), 1, 1, 2_000, ROWS, (), "US", "rows"), tape, OpenSlices())
        self.batch.looked(look(max_cost, 0), 0)
        self.paid: dict[int, int] = {}
        self.settled: int | None = None
        self.spent: int | None = None

    def hand_out(self) -> None:
        if self.tape.rows_left >= self.size and self.batch.affordable:
            first = ROWS - self.tape.rows_left + 1
            self.batch.send(Slice(1, first, first + self.size - 1, 0, 1), 0.0)
            self.tape.rows_left -= self.size

    def store(self, row: int, cost: int) -> None:
        """One row of those that are out; a row that comes again adds nothing."""
        out = [n for e in self.open for n in range(e.piece.first_row, e.piece.last_row + 1)]
        if out:
            self.paid.setdefault(out[row % len(out)], cost)

    def strike(self) -> None:
        for entry in self.open:
            if all(n in self.paid for n in range(entry.piece.first_row, entry.piece.last_row + 1)):
                self.batch.open_slices.drop(entry)

    def look_step(self) -> None:
        """Counts, reads, is heard: anything may come between."""
        if self.settled is None:
            self.settled = self.batch.settled
        elif self.spent is None:
            self.spent = sum(self.paid.values())
        else:
            self.batch.looked(look(self.max_cost, self.spent), self.settled)
            self.settled = self.spent = None

    @property
    def open(self) -> list[Entry]:
        return list(self.batch.open_slices.out.values())


STEP = st.one_of(
    st.tuples(st.just("hand_out")),
    st.tuples(st.just("look_step")),
    st.tuples(st.just("strike")),
    st.tuples(st.just("store"), st.integers(0, ROWS), st.sampled_from([0, IMAGE, IMAGE, IMAGE])),
)


@given(st.integers(1, 60), st.integers(1, 7), st.lists(STEP, max_size=120))
def test_no_order_of_events_lets_a_batch_pass_its_limit(images: int, size: int, steps: list[Any]) -> None:
    run = Run(images * IMAGE, size)
    for name, *given_ in steps:
        getattr(run, name)(*given_)
        out = [n for e in run.open for n in range(e.piece.first_row, e.piece.last_row + 1)]
        spent = sum(run.paid.values())
        assert spent + IMAGE * sum(n not in run.paid for n in out) <= run.max_cost
        assert not run.batch.short or spent + size * IMAGE > run.max_cost, "it is paused for nothing"


@given(st.integers(1, 60), st.integers(1, 7), st.binary(min_size=ROWS, max_size=ROWS))
def test_what_costs_less_than_was_reckoned_is_spent_on_the_next_rows(
    images: int, size: int, rows: bytes
) -> None:
    """Each slice is settled, then looked at: it ends with all rows done, or less than a slice short of it."""
    run, costs = Run(images * IMAGE, size), [IMAGE * (byte & 1) for byte in rows]
    while run.batch.affordable and run.tape.rows_left >= size:
        run.hand_out()
        for row in range(run.batch.handed - size + 1, run.batch.handed + 1):
            run.paid[row] = costs[row - 1]
        run.strike()
        for _ in range(3):
            run.look_step()
    spent = sum(run.paid.values())
    assert spent <= run.max_cost
    assert run.tape.rows_left < size or run.max_cost - spent < size * IMAGE
    assert run.batch.short is (run.tape.rows_left > 0 and not run.batch.affordable)


def test_only_what_is_settled_makes_a_batch_short() -> None:
    run = Run(3 * IMAGE, 2)
    run.hand_out()
    assert (run.batch.affordable, run.batch.short) == (False, False), "what is out may cost less"
    for row in (1, 2):
        run.store(row, IMAGE)
    run.strike()
    for _ in range(3):
        run.look_step()
    assert (run.batch.affordable, run.batch.short) == (False, True)
    assert run.batch.demand(0.0, Timing()).most == 0
    run.batch.looked(look(4 * IMAGE, 2 * IMAGE), run.batch.settled)
    assert (run.batch.affordable, run.batch.short) == (True, False)


def test_a_look_that_began_before_a_slice_was_settled_makes_nothing_short() -> None:
    run = Run(3 * IMAGE, 2)
    run.hand_out()
    run.look_step()
    run.store(0, 0)
    run.store(1, 0)
    run.strike()
    run.look_step()
    run.look_step()
    assert (run.batch.affordable, run.batch.short) == (False, False), "the next look tells what it cost"


@pytest.mark.parametrize(
    ("seen", "settled", "goes_on"),
    [
        (look(None, 0), None, True),
        (look(IMAGE, 0), None, False),
        (look(IMAGE, 0, image=None), 0, False),
        (look(IMAGE, 10 * IMAGE, image=0), 0, True),
    ],
    ids=["no limit", "not counted before the look", "price not known", "costs nothing"],
)
def test_a_limit_binds_from_the_start_and_only_where_there_is_one(
    seen: Look, settled: int | None, goes_on: bool
) -> None:
    batch = Run(IMAGE, 1).batch
    batch.looked(seen, settled)
    assert (batch.affordable, batch.short) == (goes_on, False)


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_money_never_allows_less(max_cost: int, spent: int, settled: int, handed: int) -> None:
    if Budget(max_cost, spent, IMAGE, settled).allows(handed):
        assert Budget(max_cost + 1, spent, IMAGE, settled).allows(handed)
        assert Budget(max_cost, spent, IMAGE, settled + 1).allows(handed)
