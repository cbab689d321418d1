"""A fetch that raises what nobody foresaw ends its process, and its row is known by that (rule 6)."""

from typing import Any
from uuid import UUID

import pytest

from services.analyzer.images import Images
from services.analyzer.memory import Portion
from services.analyzer.pending import Wanted
from services.analyzer.sniff import USUAL
from services.analyzer.suspects import GUILTY, Suspect

SLICE = UUID(int=7)


class World:
    """Of a process: what it marks, and a fetch that ends as `error` says."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.marks: list[tuple[UUID, str, int]] = []

    async def fetch(self, url: str, portion: Portion) -> None:
        raise self.error

    async def add(self, slice_id: UUID, field: str, by: int) -> None:
        self.marks.append((slice_id, field, by))


@pytest.mark.parametrize(
    ("error", "suspected", "marked"),
    [
        (ZeroDivisionError("of a picture"), True, [(SLICE, "3", 1)]),
        (ZeroDivisionError("of a picture"), False, []),
    ],
    ids=["suspect", "of a first take"],
)
async def test_a_fetch_that_ends_its_process_marks_its_row(
    error: Exception, suspected: bool, marked: list[Any]
) -> None:
    world: Any = World(error)
    suspect = Suspect(world, SLICE, 3, 0, 0) if suspected else None
    images = Images(world, world, world, world, USUAL)
    with pytest.raises(ZeroDivisionError):
        await images.get(Wanted("http://a/1.jpg", UUID(int=1), 1, 1, "batch/3", suspect))
    assert world.marks == marked


def test_three_such_ends_make_a_row_guilty() -> None:
    marks: Any = None
    assert [Suspect(marks, SLICE, 3, read, 0).guilty for read in (GUILTY - 1, GUILTY)] == [False, True]
