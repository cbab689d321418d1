"""How a subscriber knows that it has everything: the rule of docs/events.md, as the sample follows it."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

_SAMPLE = Path(__file__).parents[2] / "clients" / "python" / "examples" / "subscriber.py"
Told = tuple[str, dict[str, Any]]


def _sample() -> ModuleType:
    spec = importlib.util.spec_from_file_location("subscriber", _SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLE = _sample()


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[dict[int, int]], list[Told]]:
    """What each run wanted of each row, and all that is told of it, in any order, some of it twice."""
    rows = range(1, draw(st.integers(1, 4)) + 1)
    wanted, told = [dict.fromkeys(rows, 1)], list[Told]()
    for run in range(1, draw(st.integers(1, 3)) + 1):
        retried = rows if run == 1 else draw(st.sets(st.sampled_from(rows), min_size=1))
        if run > 1:
            wanted.append({row: attempt + (row in retried) for row, attempt in wanted[-1].items()})
            told.append(("resumed", {"run": run}))
        told += [("analyzed", {"row_no": row, "attempt": wanted[-1][row], "run": run}) for row in retried]
        told.append(("completed", {"run": run, "attempts": sum(wanted[-1].values())}))
    again = draw(st.lists(st.sampled_from(told), max_size=4))
    return wanted, draw(st.permutations([*told, *again]))


@given(lives())
def test_a_subscriber_is_whole_exactly_when_it_has_all_results_of_the_run_it_knows_of(
    life: tuple[list[dict[int, int]], list[Told]],
) -> None:
    wanted, told = life
    batch, whole_at = SAMPLE.Batch(), set()
    for kind, event in told:
        if batch.take(kind, event):
            whole_at.add(batch.run)
            assert {row: kept["attempt"] for row, kept in batch.rows.items()} == wanted[batch.run - 1]
    assert len(wanted) in whole_at
