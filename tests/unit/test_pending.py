"""Which images go into a call: fairly over the batches, within a call's bounds, none lost."""

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.analyzer.pending import MAX_CALL_BYTES, NotRunning, Pending, PendingImage, Wanted, part

Spec = tuple[int, int, int, bool]  # batch, bytes, company, abandoned


def image(batch: int, size: int = 10, weight: int = 1, company: int = 1_000) -> PendingImage:
    made = PendingImage(Wanted("http://a", UUID(int=batch), 1, weight, "o"), bytes(size), "hash")
    made.company = company
    return made


specs = st.tuples(
    st.integers(1, 4),
    st.sampled_from([10, 1_000_000, 5_000_000, 9_000_000]),
    st.sampled_from([1_000, 4, 1]),
    st.booleans(),
)


@given(st.lists(specs, max_size=40), st.integers(1, 16))
async def test_every_image_goes_once_or_was_given_back(wanted: list[Spec], most: int) -> None:
    pending, live = Pending(), set[int]()
    for batch, size, company, abandoned in wanted:
        one = image(batch, size, batch, company)
        pending.put(one)
        if abandoned:
            one.end(NotRunning())
        else:
            live.add(id(one))
    while live:
        taken = pending.take(most)
        assert len(taken) <= most
        assert len(taken) < 2 or sum(len(one.content) for one in taken) <= MAX_CALL_BYTES
        assert len({one.company for one in taken}) < 2
        assert len(taken) <= min((one.company for one in taken), default=0)
        assert {id(one) for one in taken} <= live
        assert taken, "no call goes without an image while there is one"
        live -= {id(one) for one in taken}
    assert not pending.take(most)


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


async def test_equal_batches_have_equal_parts_of_each_call_whatever_their_weight() -> None:
    """In turns as long as they weigh, calls of sixteen gave 9 to one of weight 9 and 6 to the other."""
    pending, had = Pending(), Counter[int]()
    for _ in range(300):
        for batch, weight in ((1, 9), (2, 9), (3, 1)):
            pending.put(image(batch, weight=weight))
    for _ in range(30):
        had.update(one.wanted.batch_id.int for one in pending.take(16))
    assert abs(had[1] - had[2]) <= 1
    assert abs(had[1] - 9 * had[3]) <= 9


async def test_a_call_that_comes_back_takes_nothing_from_its_batch() -> None:
    pending = Pending()
    for _ in range(40):
        pending.put(image(1))
        pending.put(image(2))
    for _ in range(10):
        for one in reversed(pending.take(16)):
            pending.put_back(one)
    assert Counter(one.wanted.batch_id.int for one in pending.take(16)) == {1: 8, 2: 8}


async def test_a_batch_that_comes_late_has_no_claim_to_what_it_missed() -> None:
    pending = Pending()
    for _ in range(200):
        pending.put(image(1))
    for _ in range(5):
        pending.take(16)
    for _ in range(50):
        pending.put(image(2))
    assert Counter(one.wanted.batch_id.int for one in pending.take(16)) == {1: 8, 2: 8}


async def test_large_images_leave_their_place_in_a_call_to_small_ones_and_begin_the_next() -> None:
    pending = Pending()
    large = [image(1, 5_000_000) for _ in range(3)]
    small = [image(batch) for batch in (1, 2) for _ in range(30)]
    for one in (*large, *small):
        pending.put(one)
    for one in large:
        taken = pending.take(16)
        assert (taken[0], len(taken)) == (one, 16)


async def test_one_bad_image_of_sixteen_costs_nine_calls_and_is_alone_in_the_end() -> None:
    pending = Pending()
    images = [image(n % 3) for n in range(16)]
    bad, calls, answered = images[6], 0, list[PendingImage]()
    for one in images:
        pending.put(one)
    while len(pending):
        taken, calls = pending.take(16), calls + 1
        if bad not in taken or len(taken) == 1:
            answered += taken
        else:
            part(taken, 2)
            for one in reversed(taken):
                pending.put_back(one)
    assert calls == 9
    assert {id(one) for one in answered} == {id(one) for one in images}
