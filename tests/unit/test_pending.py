"""Which images go into a call: fairly over the batches, within a call's bounds, none lost."""

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.pending import MAX_CALL_BYTES, NotRunning, Pending, PendingImage, Wanted

Spec = tuple[int, int, bool, bool]  # batch, bytes, alone, abandoned


def image(batch: int, size: int = 10, weight: int = 1, alone: bool = False) -> PendingImage:
    made = PendingImage(Wanted("http://a", UUID(int=batch), 1, weight, "o"), bytes(size), "hash")
    made.alone = alone
    return made


specs = st.tuples(
    st.integers(1, 4), st.sampled_from([10, 1_000_000, 5_000_000]), st.booleans(), st.booleans()
)


@given(st.lists(specs, max_size=40), st.integers(1, 16))
async def test_every_image_goes_once_or_was_given_back(wanted: list[Spec], most: int) -> None:
    pending, live = Pending(), set[int]()
    for batch, size, alone, abandoned in wanted:
        one = image(batch, size, weight=batch, alone=alone)
        pending.put(one)
        if abandoned:
            one.end(NotRunning())
        else:
            live.add(id(one))
    while len(pending):
        taken = pending.take(most)
        assert len(taken) <= most
        assert len(taken) < 2 or sum(len(one.content) for one in taken) <= MAX_CALL_BYTES
        assert len(taken) < 2 or not any(one.alone for one in taken)
        assert {id(one) for one in taken} <= live
        live -= {id(one) for one in taken}
    assert not live


async def test_a_batch_whose_turn_finds_only_abandoned_images_is_passed_over() -> None:
    pending = Pending()
    gone, there = image(1), image(1)
    for one in (gone, there, image(2)):
        pending.put(one)
    gone.end(NotRunning())
    assert len(pending.take(16)) == 2


async def test_a_small_batch_goes_along_with_a_huge_one() -> None:
    pending = Pending()
    for _ in range(100):
        pending.put(image(1))
    for _ in range(3):
        pending.put(image(2))
    assert Counter(one.wanted.batch_id.int for one in pending.take(16)) == {1: 13, 2: 3}


async def test_turns_are_as_long_as_the_batch_weighs() -> None:
    pending = Pending()
    for _ in range(100):
        pending.put(image(1, weight=3))
        pending.put(image(2, weight=1))
    assert Counter(one.wanted.batch_id.int for one in pending.take(16)) == {1: 12, 2: 4}


async def test_what_was_put_back_is_first() -> None:
    pending = Pending()
    first, second = image(1), image(1)
    pending.put(first)
    pending.put(second)
    taken = pending.take(1)
    pending.put_back(taken[0])
    assert pending.take(2) == [first, second]


async def test_a_dropped_batch_leaves_the_others() -> None:
    pending = Pending()
    mine, other = image(1), image(2)
    pending.put(mine)
    pending.put(other)
    assert pending.drop(UUID(int=1)) == [mine]
    assert pending.take(16) == [other]
