"""Who may hand out how many slices now: pure.

All outstanding slices fit into what the analyzers have room for, and are shared by weight. Slices are
given one at a time to the batch that has the least for its weight, so what one batch cannot use
goes to the others, and who holds too much gets none until it is at its share again.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heapreplace
from typing import NamedTuple


class Demand(NamedTuple):
    """`outstanding` slices of a batch, and the most that it may have outstanding now. `served` is when it was
    last handed one, on any clock: of those that have equally little, who waits longest is next."""

    weight: int
    outstanding: int
    most: int
    served: float = 0.0


def share_out(room: int, demands: Sequence[Demand]) -> list[int]:
    """Slices to hand out now, for each demand.

    A batch with none outstanding gets one even where no room is left, so that a small batch behind a
    huge one starts at once; the analyzers take it next. Nothing without any analyzer (`room` 0).
    """
    if room < 1:
        return [0] * len(demands)
    grants = [int(demand.outstanding == 0 and demand.most > 0) for demand in demands]
    free = room - sum(demand.outstanding for demand in demands) - sum(grants)
    queue = [
        (_fill(d, g + 1), d.served, i)
        for i, (d, g) in enumerate(zip(demands, grants, strict=True))
        if _hungry(d, g)
    ]
    heapify(queue)
    while free > 0 and queue:
        _, served, i = queue[0]
        grants[i] += 1
        free -= 1
        if _hungry(demands[i], grants[i]):
            heapreplace(queue, (_fill(demands[i], grants[i] + 1), served, i))
        else:
            heappop(queue)
    return grants


def _hungry(demand: Demand, granted: int) -> bool:
    return demand.outstanding + granted < demand.most


def _fill(demand: Demand, granted: int) -> float:
    return (demand.outstanding + granted) / demand.weight


def room_share(room: int, mine: int, everyones: int) -> int:
    """This member's part of the room, by the weights of the batches that have work; rounded up."""
    return -(-room * mine // everyones) if everyones > 0 else 0
