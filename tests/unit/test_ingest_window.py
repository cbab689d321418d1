"""The dispatch window: within the room, by weight, nobody starves, and no room is left unused."""

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.window import Demand, room_share, share_out

demands = st.lists(st.builds(Demand, st.integers(1, 10), st.integers(0, 30), st.integers(0, 40)), max_size=25)


@given(st.integers(0, 100), demands)
def test_the_room_is_kept_but_for_one_slice_of_each_that_has_none(room: int, wanted: list[Demand]) -> None:
    grants = share_out(room, wanted)
    out = sum(d.outstanding for d in wanted)
    firsts = sum(1 for d, g in zip(wanted, grants, strict=True) if d.outstanding == 0 and g > 0)
    assert sum(grants) <= max(0, room - out, firsts)


@given(st.integers(0, 100), demands)
def test_nobody_gets_more_than_it_may_have_out(room: int, wanted: list[Demand]) -> None:
    for demand, grant in zip(wanted, share_out(room, wanted), strict=True):
        assert 0 <= grant <= max(0, demand.most - demand.outstanding)


@given(st.integers(1, 100), demands)
def test_who_has_none_out_and_has_work_gets_one(room: int, wanted: list[Demand]) -> None:
    for demand, grant in zip(wanted, share_out(room, wanted), strict=True):
        assert grant > 0 or demand.outstanding > 0 or demand.most == 0


@given(st.integers(1, 100), demands)
def test_no_room_is_left_while_somebody_could_use_it(room: int, wanted: list[Demand]) -> None:
    grants = share_out(room, wanted)
    full = sum(d.outstanding for d in wanted) + sum(grants) >= room
    assert full or all(d.outstanding + g >= d.most for d, g in zip(wanted, grants, strict=True))


@given(st.integers(1, 100), demands)
def test_a_second_slice_goes_to_who_has_the_least_for_its_weight(room: int, wanted: list[Demand]) -> None:
    held = [d.outstanding + g for d, g in zip(wanted, share_out(room, wanted), strict=True)]
    hungry = [i for i, d in enumerate(wanted) if held[i] < d.most]
    for i, demand in enumerate(wanted):
        if held[i] > max(demand.outstanding, 1):
            assert all((held[j] + 1) / wanted[j].weight >= held[i] / demand.weight for j in hungry)


def test_a_small_batch_beside_a_huge_one_is_served_at_once_and_then_takes_its_share() -> None:
    assert share_out(16, [Demand(1, 16, 40), Demand(1, 0, 2)]) == [0, 1]
    assert share_out(16, [Demand(1, 14, 40), Demand(1, 1, 2)]) == [0, 1]


def test_the_room_is_divided_by_weight() -> None:
    assert share_out(12, [Demand(1, 0, 99), Demand(2, 0, 99), Demand(3, 0, 99)]) == [2, 4, 6]


def test_without_an_analyzer_nothing_is_handed_out() -> None:
    assert share_out(0, [Demand(1, 0, 9)]) == [0]


@given(st.integers(0, 200), st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_the_members_parts_cover_the_room_and_little_more(room: int, weights: list[int]) -> None:
    parts = [room_share(room, weight, sum(weights)) for weight in weights]
    assert room <= sum(parts) < room + len(weights)


def test_nothing_runs_and_nothing_is_shared() -> None:
    assert room_share(16, 0, 0) == 0


def test_of_those_that_have_equally_little_who_waits_longest_is_next() -> None:
    """By their order alone, the first twelve of twenty equal batches had twice what the others had."""
    assert share_out(3, [Demand(1, 1, 9, 7.0), Demand(1, 1, 9, 5.0)]) == [0, 1]
