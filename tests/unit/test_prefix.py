"""Only a contiguous finished prefix is acknowledged, in whatever order work begins and ends."""

from hypothesis import given
from hypothesis import strategies as st

from shared.prefix import Prefix


@given(st.data())
def test_nothing_unfinished_lies_left_of_the_position(data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=30))
    offsets = [5 + sum(gaps[:n]) for n in range(len(gaps))]  # Kafka's logs have holes
    order = data.draw(st.permutations(offsets))
    prefix, begun, finished, last = Prefix(offsets[0]), 0, set[int](), offsets[0]
    for offset in order:
        while begun < len(offsets) and (offset >= offsets[begun] or data.draw(st.booleans())):
            assert prefix.begin(offsets[begun])
            begun += 1
        prefix.finish(offset)
        finished.add(offset)
        assert all(one in finished for one in offsets[:begun] if one < prefix.position)
        assert prefix.position >= last, "an acknowledgement is never taken back"
        last = prefix.position
    assert prefix.position == offsets[-1] + 1


@given(st.lists(st.integers(0, 9), max_size=40))
def test_an_offset_begins_once(offsets: list[int]) -> None:
    prefix, seen = Prefix(0), set[int]()
    for offset in sorted(set(offsets)):
        assert prefix.begin(offset)
    for offset in offsets:
        assert not prefix.begin(offset), "it is in hand"
        seen.add(offset)
    for offset in seen:
        prefix.finish(offset)
        assert not prefix.begin(offset), "it is done"


def test_what_was_never_begun_cannot_finish() -> None:
    prefix = Prefix(3)
    prefix.finish(7)
    assert prefix.position == 3


def test_work_right_of_a_gap_waits_for_it() -> None:
    prefix = Prefix(0)
    for offset in (0, 1, 2):
        prefix.begin(offset)
    prefix.finish(2)
    prefix.finish(1)
    assert prefix.position == 0
    prefix.finish(0)
    assert prefix.position == 3
